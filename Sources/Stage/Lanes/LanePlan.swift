public import BgdemoBenchmarking
public import BgdemoCore

/// A lane before it is started: a strategy, and what the talk says of it.
public struct LanePlan: Sendable {
    /// For addresses, keys and captions: `resque`, `pubsub-talk`.
    public let name: String
    public let summary: String
    public let subject: BenchmarkSubject
    public let notes: TalkNotes?

    public init(name: String, summary: String, subject: BenchmarkSubject, notes: TalkNotes?) {
        (self.name, self.summary, self.subject, self.notes) = (name, summary, subject, notes)
    }
}
