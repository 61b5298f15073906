/// When accepted mails are forced to disk. A power failure loses what was not.
public enum DiskSync: Sendable, Hashable {
    /// Soon after they were accepted, as Redis does with `appendfsync everysec`, its default.
    case soon
    /// Before the answer: `appendfsync always`.
    case beforeAnswer
}

/// The options of `serve` by which a strategy keeps accepted mails on disk itself, without Redis.
public struct DiskOptions: Sendable, Hashable {
    private let directory: String
    private let soon: [String]
    private let beforeAnswer: [String]

    /// - Parameters:
    ///   - directory: The option that takes the directory: `--spool`.
    ///   - soon: Further words for ``DiskSync/soon``.
    ///   - beforeAnswer: Further words for ``DiskSync/beforeAnswer``.
    public init(directory: String, soon: [String], beforeAnswer: [String]) {
        (self.directory, self.soon, self.beforeAnswer) = (directory, soon, beforeAnswer)
    }

    public func arguments(directory: String, _ sync: DiskSync) -> [String] {
        [self.directory, directory] + (sync == .soon ? soon : beforeAnswer)
    }
}
