/// One thing that goes wrong at one stage of the session, with a probability.
///
/// The same mails are hit in every run with one seed. Each decision is a function of the seed, the stage, and the number of what it is about,
/// so that neither the speed nor the number of the clients changes it:
///
/// - `banner`, `ehlo`, `starttls`, `auth`: the number of the connection, from 1;
/// - `mail`, `rcpt`, `data`: the number of the MAIL command in the life of the inbox, and of the recipient in it;
/// - `dot`, `stored`: the mail's Message-ID (without one, all its bytes) and how often it has come, so that another
///   try has another chance. The inbox remembers this of the last 65,536 mails at least.
public struct InboxFault: Sendable, Hashable {
    /// Where in the conversation.
    public enum Stage: String, Sendable, CaseIterable {
        case banner, ehlo, starttls, auth, mail, rcpt, data
        /// After the final dot; the mail is not stored.
        case dot
        /// After the final dot and after the mail was stored: the client can't know.
        case stored
    }

    /// What happens there instead of the right answer.
    public enum Action: Sendable, Hashable {
        /// This code, 400 to 599; 421 closes the connection as well.
        case reply(Int)
        /// The connection is closed without a word.
        case drop
        /// No answer, until a time limit ends it.
        case hang
    }

    public let stage: Stage
    public let action: Action
    /// 0 to 1.
    public let probability: Double

    public init(_ stage: Stage, _ action: Action, probability: Double = 1) {
        self.stage = stage
        self.action = action
        self.probability = min(max(probability, 0), 1)
    }

    /// `STAGE:ACTION[:PROBABILITY]`, such as `rcpt:550:0.1`, `dot:drop:0.05`, `stored:451`, or `data:hang`; nil for
    /// anything else. Without a probability it always happens.
    public init?(_ text: String) {
        let words = text.split(separator: ":", omittingEmptySubsequences: false)
        guard words.count == 2 || words.count == 3, let stage = Stage(rawValue: String(words[0])) else { return nil }
        switch words[1] {
        case "drop": action = .drop
        case "hang": action = .hang
        default:
            guard let code = Int(words[1]), (400...599).contains(code) else { return nil }
            action = .reply(code)
        }
        let probability = words.count == 3 ? Double(words[2]) : 1
        guard let probability, (0...1).contains(probability) else { return nil }
        self.stage = stage
        self.probability = probability
    }
}
