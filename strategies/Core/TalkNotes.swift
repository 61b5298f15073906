/// What the talk says of a strategy, for `bgdemo stage`.
public struct TalkNotes: Sendable, Hashable {
    /// The heading of its slides: "Remote queue".
    public let title: String
    /// Why it is better than the strategy before.
    public let better: [String]
    /// Why it is still a bad idea. Empty where it is a good one.
    public let still: [String]

    public init(_ title: String, better: [String], still: [String]) {
        (self.title, self.better, self.still) = (title, better, still)
    }
}
