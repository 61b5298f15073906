public import Logging

/// What the master needs of the program around it.
public struct Terminal: Sendable {
    /// Called once signals are heeded.
    public let started: @Sendable () -> Void
    /// Takes the children's finished lines.
    public let print: @Sendable (String) -> Void
    /// A logger that speaks for a child of this name.
    public let voice: @Sendable (String) -> Logger
    /// The numbers of this process.
    public let metrics: @Sendable () -> String

    public init(
        started: @escaping @Sendable () -> Void, print: @escaping @Sendable (String) -> Void,
        voice: @escaping @Sendable (String) -> Logger, metrics: @escaping @Sendable () -> String
    ) {
        self.started = started
        self.print = print
        self.voice = voice
        self.metrics = metrics
    }
}
