public import BgdemoSystemCompat
public import Logging

/// swift-log's lines, in one of two forms.
public struct LineLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var logLevel: Logger.Level
    private let format: LogFormat
    private let messagePrefix: String
    private let style: TerminalStyle
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - messagePrefix: Begins each message and names the process that writes it.
    ///   - style: Of the terminal that the lines go to. Default: no colours.
    public init(
        _ format: LogFormat, level: Logger.Level, messagePrefix: String = "", style: TerminalStyle = .plain,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.format = format
        self.logLevel = level
        self.messagePrefix = messagePrefix
        self.style = style
        self.write = write
    }

    public init(_ format: LogFormat, level: Logger.Level, writer: LogWriter) {
        self.init(format, level: level) { writer.write($0) }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadata
        if let own = event.metadata { if all.isEmpty { all = own } else { all.merge(own) { _, new in new } } }
        let message = event.message.description
        write(format.line(event.level, messagePrefix.isEmpty ? message : messagePrefix + message, all, style))
    }
}
