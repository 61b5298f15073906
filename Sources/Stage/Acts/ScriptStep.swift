import BgdemoFoundations

/// One step of a talk: a caption, what is shown, and what happens.
public struct ScriptStep: Sendable, Hashable {
    /// `resque/kill-worker`
    public var address: String
    public var title: String
    /// "better because", each a line. Default: none.
    public var better: [String] = []
    /// "still a bad idea because", each a line. Default: none.
    public var still: [String] = []
    /// One or two lanes shown large.
    public var lanes: [String]
    /// Actions, one after the other, each a line as of ``StageAction``.
    public var actions: [String]
    /// How long it is shown where nobody presses a key. Default: 8.
    public var seconds = 8.0

    /// - Throws: ``StageError`` where it has no lane of these, or a wrong action.
    func check(_ lanes: [String]) throws(StageError) {
        guard !address.isEmpty, address.utf8.count <= 100, !address.utf8.contains(UInt8(ascii: " ")) else {
            throw StageError("an address has 1 to 100 bytes and no blank")
        }
        guard title.utf8.count <= 200, better.count + still.count <= 8,
            (better + still).allSatisfy({ $0.utf8.count <= 200 })
        else { throw StageError("a title and each of at most 8 reasons have at most 200 bytes") }
        guard (1...2).contains(self.lanes.count), self.lanes.allSatisfy(lanes.contains) else {
            throw StageError("lanes are one or two of \(lanes.joined(separator: ", "))")
        }
        guard actions.count <= 100 else { throw StageError("there are at most 100 actions") }
        guard (1...3_600).contains(seconds) else { throw StageError("seconds are 1 to 3600") }
        for text in actions { try Self.check(StageAction(text), lanes) }
    }

    private static func check(_ action: StageAction, _ lanes: [String]) throws(StageError) {
        let named: [String]
        switch action {
        case .next, .back, .go: throw StageError("a step does not go to another")
        case .send(_, .named(let lane)), .rate(_, .named(let lane), _), .strike(_, .named(let lane)): named = [lane]
        case .focus(let lanes): named = lanes
        default: named = []
        }
        guard let wrong = named.first(where: { !lanes.contains($0) }) else { return }
        throw StageError("there is no lane \(printable(wrong))")
    }
}
