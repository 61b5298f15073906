import BgdemoFoundations
import BgdemoSystemCompat

/// The process itself: its signals, its files and its end.
enum CurrentProcess {
    /// A broken pipe is an error of one write, not the end of the process; and every file the system allows may be open.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        // Where nothing traps it, it ends the process without a backtrace, for which Swift's runtime would take its time.
        signal(SIGQUIT, SIG_DFL)
        var limit = rlimit()
        guard unsafe getrlimit(fileLimit, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(fileLimit, &limit)
    }

    /// Whether SIGHUP is ignored, as `nohup` has it.
    static var ignoresHangup: Bool {
        let handler = signal(SIGHUP, SIG_IGN)
        defer { _ = signal(SIGHUP, handler) }
        return unsafe unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Opens what was closed (`>&-`) of standard input, output and error. Else the next socket gets its number, and log
    /// lines go into it. To be called before anything else opens a file.
    static func openStandardFiles() {
        var descriptor: Int32 = 0
        while (0...2).contains(descriptor) { descriptor = unsafe open("/dev/null", O_RDWR) }
        if descriptor > 2 { close(descriptor) }
    }

    /// Prints an error. Text from outside in it can't control the terminal.
    static func printError(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { printable($0) }
        var shown = lines.joined(separator: "\n")
        let begin = "Error:"
        if shown.hasBytePrefix(begin) { shown = TerminalStyle.ofError(begin, .red) + shown.dropFirst(begin.count) }
        _ = try? FileDescriptor.standardError.writeAll("\(shown)\n".utf8)
    }

    /// Ends the process without the exit handlers of libraries: OpenSSL frees there what the SMTP client's
    /// thread still uses.
    ///
    /// What was printed and could not be written is an error, unless its reader has read enough (`| head -1`).
    static func exit(_ code: Int32) -> Never {
        if fflush(nil) != 0, errno != EPIPE, code == 0 {
            printError("Error: the output can't be written: \(Errno(rawValue: errno))")
            _exit(1)
        }
        _exit(code)
    }

    /// Below it event loops, their timers and pipes cannot all be opened, which would end the process in the middle.
    static let neededFiles = 32

    /// How many files this process may raise its limit to.
    static var mostOpenFiles: Int {
        var limit = rlimit()
        return unsafe getrlimit(fileLimit, &limit) == 0 ? Int(clamping: limit.rlim_max) : .max
    }

    /// How many files this process may have open.
    static var openFiles: Int {
        var limit = rlimit()
        return unsafe getrlimit(fileLimit, &limit) == 0 ? Int(clamping: limit.rlim_cur) : 0
    }

    #if canImport(Darwin)
        private static var fileLimit: Int32 { RLIMIT_NOFILE }
    #else
        private static var fileLimit: __rlimit_resource_t { numericCast(RLIMIT_NOFILE.rawValue) }
    #endif
}
