public import Logging
import Mail

/// How log lines look.
public enum LogFormat: String, Sendable, CaseIterable {
    /// `2026-11-24T04:55:54.123Z info  Sent an email to a@b.example in 12 ms id=01…`
    case text
    /// `{"time":"…","level":"info","message":"…","id":"…"}`
    case json
}

/// swift-log's lines, in one of two forms, to whoever writes them out.
public struct LineLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var logLevel: Logger.Level
    private let format: LogFormat
    private let voice: String
    private let write: @Sendable (String) -> Void

    /// - Parameter voice: Begins each message, to say which of several processes speaks.
    public init(
        _ format: LogFormat, level: Logger.Level, voice: String = "", write: @escaping @Sendable (String) -> Void
    ) {
        self.format = format
        self.logLevel = level
        self.voice = voice
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
        if all.isEmpty { all = event.metadata ?? [:] } else { all.merge(event.metadata ?? [:]) { _, new in new } }
        let fields = all.count > 1 ? all.sorted { $0.key < $1.key } : Array(all)
        switch format {
        case .text: write(text(event, fields))
        case .json: write(json(event, fields))
        }
    }

    private func text(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> String {
        var line = ""
        line.reserveCapacity(160)
        line += Stamp.now
        line += Self.column(event.level)
        line += voice
        line += printable("\(event.message)")
        for (key, value) in fields {
            line += " "
            line += key
            line += "="
            let value = "\(value)"
            line += value.utf8.contains { $0 == 0x20 || $0 == 0x22 } ? quoted(value) : printable(value)
        }
        return line
    }

    private func json(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> String {
        var json = JSONText()
        json.raw("{")
        json.field("time", Stamp.now)
        json.field("level", event.level.rawValue)
        json.field("message", "\(voice)\(event.message)")
        for (key, value) in fields { json.field(key, "\(value)") }
        json.raw("}")
        return json.text
    }

    /// The level between blanks, as wide as the widest of the usual ones.
    private static func column(_ level: Logger.Level) -> String {
        switch level {
        case .trace: " trace   "
        case .debug: " debug   "
        case .info: " info    "
        case .notice: " notice  "
        case .warning: " warning "
        case .error: " error   "
        case .critical: " critical "
        }
    }

    /// One event is one line, whatever a server said in its reply.
    private func printable(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
        return isPlain ? text : String(quoted(text).dropFirst().dropLast())
    }

    private func quoted(_ text: String) -> String {
        var json = JSONText()
        json.string(text)
        return json.text
    }
}
