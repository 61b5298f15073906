public import BgdemoCore

extension StrategyDescriptor {
    public static let fireAndForget = StrategyDescriptor(
        "fire-and-forget", summary: "answered at once; the outcome is only logged",
        // A mail under way is in memory only, and is tried once.
        guarantees: .losesNothing(except: .killServer, .smtpDown, .smtpMoody, .smtpCut, .powerFailure),
        notes: TalkNotes(
            "Parallel tasks",
            better: ["Crazy fast: ignore the callback"],
            still: ["0 callbacks, 0 data captured", "The client has no idea what happened"])
    ) { context in
        FireAndForget(sender: context.sender, tracker: context.tracker)
    }
}
