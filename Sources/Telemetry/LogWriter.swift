import BgdemoFoundations
public import Dispatch
import Logging
import BgdemoSystemCompat
import Synchronization

/// Carries log lines to a file, standard output as a rule, on a thread of its own, so that a terminal that stalls stalls no event loop.
///
/// At most 8 MiB wait; past that lines are dropped, counted, and their number is said when there is room again.
public final class LogWriter: Sendable {
    private struct State {
        var lines: [UInt8] = []
        var dropped = 0
        var isScheduled = false
        var lastWrite = ContinuousClock.now - LogWriter.minimumWriteInterval
    }

    /// The least time between two writes. A line on its own goes out at once; in a storm of them, one write takes
    /// thousands, and waking the thread costs nothing that counts.
    private static let minimumWriteInterval = Duration.milliseconds(10)

    private static let maximumPendingBytes = 8 << 20
    private let output: FileDescriptor
    private let format: LogFormat
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "bgdemo.log")

    /// - Parameters:
    ///   - descriptor: Where the lines go; it stays open. 1 is standard output.
    ///   - format: Of the lines that are its own: how many were dropped.
    public init(descriptor: Int32 = 1, format: LogFormat) {
        output = FileDescriptor(rawValue: descriptor)
        self.format = format
    }

    /// Hands over one line, without its line end. Never waits.
    public func write(_ line: String) {
        let wait = state.withLock { state -> Duration? in
            guard state.lines.count < Self.maximumPendingBytes else {
                state.dropped += 1
                return nil
            }
            state.lines.append(contentsOf: line.utf8)
            state.lines.append(UInt8(ascii: "\n"))
            guard !state.isScheduled else { return nil }
            state.isScheduled = true
            return Self.minimumWriteInterval - (ContinuousClock.now - state.lastWrite)
        }
        guard let wait else { return }
        let milliseconds = max(0, wait.milliseconds)
        queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [self] in writePending() }
    }

    /// Returns when what was handed over before has been written, or when the reader has not taken it within `limit`.
    public func flush(within limit: DispatchTimeInterval = .seconds(2)) {
        let written = DispatchSemaphore(value: 0)
        queue.async { [self] in
            writePending()
            written.signal()
        }
        _ = written.wait(timeout: .now() + limit)
    }

    private func writePending() {
        let (lines, dropped) = state.withLock { state in
            let (lines, dropped) = (state.lines, state.dropped)
            state = State()
            state.lastWrite = .now
            // As much will come again.
            state.lines.reserveCapacity(lines.count)
            return (lines, dropped)
        }
        writeAll(lines)
        if dropped > 0 {
            writeAll(
                Array("\(format.line(.warning, "\(dropped) log lines were dropped: their reader was too slow"))\n".utf8)
            )
        }
    }

    /// Writes all of it, however slow the reader. Where the reader is gone, there is nobody to tell.
    private func writeAll(_ lines: [UInt8]) {
        var rest = lines[...]
        while !rest.isEmpty {
            do {
                rest = try rest.dropFirst(unsafe rest.withUnsafeBytes { try unsafe output.write($0) })
            } catch Errno.wouldBlock, Errno.resourceTemporarilyUnavailable {
                // Somebody made the terminal non-blocking; this thread has the time.
                usleep(1_000)
            } catch {
                return
            }
        }
    }
}
