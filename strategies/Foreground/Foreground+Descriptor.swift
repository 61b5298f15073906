public import BgdemoCore

extension StrategyDescriptor {
    public static let foreground = StrategyDescriptor(
        "foreground", summary: "the request waits for the mail server", options: [ForegroundOptions.self],
        // The client gets 200 when the mail server has the mail.
        guarantees: .losesNothing,
        notes: TalkNotes(
            "Foreground tasks",
            better: ["The client waits, but no other request is blocked"],
            still: ["Slow for the client", "The web server's resources send mail", "An error says nothing certain"])
    ) { context in
        Foreground(
            sender: context.sender, tracker: context.tracker,
            answerWithin: try context.options(ForegroundOptions.self).answerWithin(context.environment))
    }
}
