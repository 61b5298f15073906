import BgdemoSystemCompat
import Synchronization

/// The terminal without echo and line by line: each key as it is pressed, and pages that replace each other.
final class TerminalScreen: Sendable {
    private let before: termios
    private let pressed = Mutex(KeyReader())

    /// - Throws: ``StageError`` where standard input or output is no terminal.
    init() throws(StageError) {
        var settings = termios()
        guard isatty(1) == 1, unsafe tcgetattr(0, &settings) == 0 else { throw StageError("--tui needs a terminal") }
        before = settings
        // Ctrl-C is a signal all the same.
        settings.c_lflag &= ~tcflag_t(ECHO | ICANON)
        _ = unsafe tcsetattr(0, TCSANOW, &settings)
        Self.write("\u{1b}[?1049h\u{1b}[?25l")
    }

    func close() {
        Self.write("\u{1b}[?25h\u{1b}[?1049l")
        var settings = before
        _ = unsafe tcsetattr(0, TCSANOW, &settings)
    }

    func show(_ lines: [String]) {
        Self.write("\u{1b}[H" + lines.map { "\($0)\u{1b}[K" }.joined(separator: "\r\n"))
    }

    /// The next key; nil where none is pressed within a tenth of a second.
    func key() -> Character? {
        if let key = pressed.withLock({ $0.next() }) { return key }
        var file = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&file, 1, 100) == 1 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(0, $0.baseAddress, $0.count) }
        guard count > 0 else { return nil }
        return pressed.withLock { reader in
            reader.add(bytes.prefix(count))
            return reader.next()
        }
    }

    private static func write(_ text: String) { _ = try? FileDescriptor.standardOutput.writeAll(text.utf8) }
}
