import BgdemoFoundations

/// Something that a key, a button, a step of a script or `POST /do` asks for: one line of words.
public enum StageAction: Sendable, Hashable {
    /// So many mails at once.
    case send(Int, LaneChoice)
    /// So many mails a second, for some seconds or until another rate is set.
    case rate(Double, LaneChoice, seconds: Double?)
    case strike(Hand, LaneChoice)
    /// Ends every fault, and every rate.
    case calm
    /// Ends every fault.
    case heal
    case wait(Double)
    /// Shows one or two lanes large.
    case focus([String])
    case next, back
    /// To the step with this address.
    case go(String)
    /// Measures all lanes by `compare`.
    case compare

    /// Reads `send 10 resque`, `rate 5 all for 10`, `kill-worker resque`, `focus resque pubsub`, `wait 2`.
    ///
    /// - Throws: ``StageError`` with a reason for the user.
    public init(_ text: String) throws(StageError) {
        guard text.utf8.count <= 200 else { throw StageError("a line has at most 200 bytes") }
        let words = text.split(separator: " ").map(String.init)
        guard let verb = words.first else { throw StageError("an action is missing") }
        let rest = Array(words.dropFirst())
        switch verb {
        case "send":
            self = .send(try Self.count(rest.first), LaneChoice(rest.dropFirst().first))
            try Self.check(rest.count <= 2, text)
        case "rate": self = try Self.rate(rest, text)
        case "calm", "heal", "next", "back", "compare":
            try Self.check(rest.isEmpty, text)
            self = ["calm": .calm, "heal": .heal, "next": .next, "back": .back][verb] ?? .compare
        case "wait":
            guard rest.count == 1, let seconds = Double(rest[0]), (0...600).contains(seconds) else {
                throw StageError("wait has seconds, 0 to 600: \(printable(text))")
            }
            self = .wait(seconds)
        case "focus":
            try Self.check((1...2).contains(rest.count), text)
            self = .focus(rest)
        case "go":
            try Self.check(rest.count == 1, text)
            self = .go(rest[0].first == "#" ? String(rest[0].dropFirst()) : rest[0])
        default:
            guard let hand = Hand(rawValue: verb) else { throw StageError("unknown action: \(printable(text))") }
            try Self.check(rest.count <= 1, text)
            self = .strike(hand, LaneChoice(rest.first))
        }
    }

    private static func rate(_ words: [String], _ text: String) throws(StageError) -> StageAction {
        guard let first = words.first, let rate = Double(first), rate == 0 || (0.01...5_000).contains(rate) else {
            throw StageError("a rate is 0, or 0.01 to 5000 a second: \(printable(text))")
        }
        var lane: String?
        var rest = words.dropFirst()
        if let word = rest.first, word != "for" { lane = rest.removeFirst() }
        guard !rest.isEmpty else { return .rate(rate, LaneChoice(lane), seconds: nil) }
        rest.removeFirst()
        guard rest.count == 1, let word = rest.first, let seconds = Double(word), (0...3_600).contains(seconds) else {
            throw StageError("a rate is for seconds, 0 to 3600: \(printable(text))")
        }
        return .rate(rate, LaneChoice(lane), seconds: seconds)
    }

    private static func count(_ word: String?) throws(StageError) -> Int {
        guard let word, let count = Int(word), (1...1_000).contains(count) else {
            throw StageError("send has a number, 1 to 1000")
        }
        return count
    }

    private static func check(_ isRight: Bool, _ text: String) throws(StageError) {
        guard isRight else { throw StageError("not an action: \(printable(text))") }
    }
}

/// Which lanes an action is for.
public enum LaneChoice: Sendable, Hashable {
    /// Those that are shown large.
    case focused
    case all
    case named(String)

    init(_ word: String?) {
        self = word.map { $0 == "all" ? .all : .named($0) } ?? .focused
    }
}

/// Why something cannot be done on the stage.
public struct StageError: Error, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
