import Dispatch
import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Carries log lines to standard output on a thread of its own, so that a terminal that stalls stalls no event loop.
///
/// At most 8 MiB wait; past that lines are dropped, counted, and their number is said when there is room again.
public final class LogWriter: Sendable {
    private struct State {
        var lines = ""
        var dropped = 0
        var isScheduled = false
    }

    private static let bound = 8 << 20
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "bgdemo.log")

    public init() {}

    /// Hands over one line, without its line end. Never waits.
    public func write(_ line: String) {
        let schedules = state.withLock { state in
            guard state.lines.utf8.count < Self.bound else {
                state.dropped += 1
                return false
            }
            state.lines += line
            state.lines += "\n"
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if schedules { queue.async { [self] in carry() } }
    }

    /// Returns when what was handed over before has been written.
    public func flush() {
        queue.sync { carry() }
    }

    private func carry() {
        let (lines, dropped) = state.withLock { state in
            defer { state = State() }
            return (state.lines, state.dropped)
        }
        print(lines, terminator: dropped > 0 ? "… \(dropped) log lines dropped: the reader was too slow\n" : "")
        fflush(nil)
    }
}
