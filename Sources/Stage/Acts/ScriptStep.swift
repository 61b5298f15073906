/// One step of a talk: a caption, what is shown, and what happens.
public struct ScriptStep: Sendable, Hashable, Codable {
    /// `resque/kill-worker`
    public var address: String
    public var title: String
    /// "better because", each a line.
    public var better: [String]?
    /// "still a bad idea because", each a line.
    public var still: [String]?
    /// One or two lanes shown large.
    public var lanes: [String]
    /// Actions, one after the other, each a line as of ``StageAction``.
    public var actions: [String]
    /// How long it is shown where nobody presses a key. Default: 8.
    public var seconds: Double?
}

/// The steps of a talk.
public struct Script: Sendable, Hashable, Codable {
    /// Where all chance comes from. Default: that of the command line.
    public var seed: UInt64?
    public var steps: [ScriptStep]

    /// - Throws: ``StageError`` where a step names no lane, has a wrong action, or two have one address.
    public func check(_ lanes: [String]) throws(StageError) {
        guard !steps.isEmpty, steps.count <= 500 else { throw StageError("a script has 1 to 500 steps") }
        var addresses: Set<String> = []
        for step in steps {
            guard addresses.insert(step.address).inserted else {
                throw StageError("two steps have the address \(step.address)")
            }
            guard (1...2).contains(step.lanes.count), step.lanes.allSatisfy(lanes.contains) else {
                throw StageError("step \(step.address): lanes are one or two of \(lanes.joined(separator: ", "))")
            }
            guard step.actions.count <= 100, (1...3_600).contains(step.seconds ?? 8) else {
                throw StageError("step \(step.address): at most 100 actions, and 1 to 3600 seconds")
            }
            for text in step.actions {
                let action: StageAction
                do { action = try StageAction(text) } catch { throw StageError("step \(step.address): \(error)") }
                switch action {
                case .next, .back, .go: throw StageError("step \(step.address): a step does not go to another")
                case .send(_, .named(let lane)), .rate(_, .named(let lane), _), .strike(_, .named(let lane)):
                    guard lanes.contains(lane) else { throw StageError("step \(step.address): no lane \(lane)") }
                default: break
                }
            }
        }
    }
}
