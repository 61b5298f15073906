import BgdemoFoundations
import BgdemoSystemCompat
import Logging

/// How log lines look.
public enum LogFormat: String, Sendable, CaseIterable {
    /// `2026-11-24T04:55:54.123Z info  Sent an email to a@b.example in 12 ms id=01…`
    case text
    /// `{"time":"…","level":"info","message":"…","id":"…"}`
    case json

    /// One event as one line, without its line end.
    ///
    /// - Parameter fields: In the order of their names.
    func line(
        _ level: Logger.Level, _ message: String, _ fields: Logger.Metadata = [:], _ style: TerminalStyle = .plain
    ) -> String {
        guard fields.count > 1 else { return line(level, message, ordered: fields, style) }
        return line(level, message, ordered: fields.sorted { $0.key < $1.key }, style)
    }

    private func line(
        _ level: Logger.Level, _ message: String,
        ordered fields: some Sequence<(key: String, value: Logger.MetadataValue)>, _ style: TerminalStyle
    ) -> String {
        switch self {
        case .text: text(level, message, fields, style)
        case .json: json(level, message, fields)
        }
    }

    private func text(
        _ level: Logger.Level, _ message: String,
        _ fields: some Sequence<(key: String, value: Logger.MetadataValue)>, _ style: TerminalStyle
    ) -> String {
        // Bytes are appended in a fraction of the time that parts of a string are.
        var line: [UInt8] = []
        line.reserveCapacity(160)
        line += (style.isColoured ? style(LogTimestamp.now, .faint) : LogTimestamp.now).utf8
        line += (style.isColoured ? Self.coloured(level, style) : Self.column(level)).utf8
        line += escaped(message).utf8
        for (key, value) in fields {
            line.append(UInt8(ascii: " "))
            line += key.utf8
            line.append(UInt8(ascii: "="))
            let value = text(of: value)
            if value.everyByte({ $0 != 0x20 && $0 != 0x22 }) {
                line += escaped(value).utf8
            } else {
                line += quoted(value)
            }
        }
        return String(decoding: line, as: UTF8.self)
    }

    private func json(
        _ level: Logger.Level, _ message: String, _ fields: some Sequence<(key: String, value: Logger.MetadataValue)>
    ) -> String {
        var json = JSONWriter(escapes: .printable)
        json.object {
            $0.member("time", LogTimestamp.now)
            $0.member("level", level.rawValue)
            $0.member("message", message)
            for (key, value) in fields { $0.member(key, text(of: value)) }
        }
        return json.text
    }

    private func text(of value: Logger.MetadataValue) -> String {
        if case .string(let text) = value { text } else { "\(value)" }
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

    private static func coloured(_ level: Logger.Level, _ style: TerminalStyle) -> String {
        switch level {
        case .error, .critical: style(column(level), .red)
        case .warning: style(column(level), .yellow)
        case .trace, .debug: style(column(level), .faint)
        case .info, .notice: column(level)
        }
    }

    /// The text where all of it is printable, else its JSON without the quotes: one event is one line, and no foreign
    /// text moves a terminal's cursor.
    private func escaped(_ text: String) -> String {
        let isPrintable = text.isPrintableASCII || !text.unicodeScalars.contains(where: \.isUnprintable)
        return isPrintable ? text : String(decoding: quoted(text).dropFirst().dropLast(), as: UTF8.self)
    }

    private func quoted(_ text: String) -> [UInt8] {
        var json = JSONWriter(escapes: .printable)
        json.string(text)
        return json.bytes
    }
}
