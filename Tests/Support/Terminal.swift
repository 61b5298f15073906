import Foundation

/// Runs programs in a pseudo-terminal, by Python's `pty`.
public enum Terminal {
    /// What the program wrote to the terminal, escape sequences too, when it has ended.
    ///
    /// - Parameter environment: Added to that of the tests, in which `TERM` is `xterm`.
    public static func run(
        _ arguments: [String], columns: Int, environment: [String: String] = [:], executable: String = bgdemoPath
    ) async throws -> String {
        struct Order: Encodable {
            let command: [String]
            let environment: [String: String]
            let columns: Int
        }
        let order = Order(
            command: [executable] + arguments,
            environment: ["TERM": "xterm", "NO_COLOR": ""].merging(environment) { _, new in new }, columns: columns)
        let json = String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
        return try await Python.run(script, input: json).replacingOccurrences(of: "\r\n", with: "\n")
    }

    private static let script = """
        import fcntl, json, os, pty, struct, sys, termios
        order = json.load(sys.stdin)
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, order["columns"], 0, 0))
        pid = os.fork()
        if pid == 0:
            os.close(ours)
            for descriptor in 0, 1, 2: os.dup2(theirs, descriptor)
            os.environ.update(order["environment"])
            os.execv(order["command"][0], order["command"])
        os.close(theirs)
        while True:
            try: data = os.read(ours, 65536)
            except OSError: break
            if not data: break
            sys.stdout.buffer.write(data)
        os.waitpid(pid, 0)
        """
}
