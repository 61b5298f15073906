package import Logging

/// What the master needs of the program around it.
package struct MasterOutput: Sendable {
    /// Called once signals are heeded.
    package let started: @Sendable () -> Void
    /// Takes the children's finished lines.
    package let print: @Sendable (String) -> Void
    /// A logger that speaks for a child of this name.
    package let voice: @Sendable (String) -> Logger
    /// The numbers of this process.
    package let metrics: @Sendable () -> String

    package init(
        started: @escaping @Sendable () -> Void, print: @escaping @Sendable (String) -> Void,
        voice: @escaping @Sendable (String) -> Logger, metrics: @escaping @Sendable () -> String
    ) {
        self.started = started
        self.print = print
        self.voice = voice
        self.metrics = metrics
    }
}
