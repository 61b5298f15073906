package import NIOCore
import Synchronization

/// The writing end of a pipe. What is written in one tick of its event loop goes out in one system call. It may be used
/// from any thread, and never waits.
package final class LineWriter: Sendable {
    package typealias Completion = @Sendable (_ isWhole: Bool) -> Void

    private struct State {
        var bytes = ByteBuffer()
        var completions: [Completion] = []
        var unwritten = 0
    }

    private let channel: any Channel
    private let state = Mutex(State())

    package init(_ channel: any Channel) {
        self.channel = channel
    }

    /// The bytes that the pipe has not taken.
    package var unwritten: Int { state.withLock { $0.unwritten + $0.bytes.readableBytes } }

    package func send(_ message: PipeMessage) { append { message.write(into: &$0) } }

    /// Writes a line without its line end.
    ///
    /// - Parameter completion: Called when the pipe has all of the line, or takes no more.
    package func write(line: String, completion: @escaping Completion) {
        append(completion) { bytes in
            bytes.writeString(line)
            bytes.writeInteger(UInt8(ascii: "\n"))
        }
    }

    /// Returns when the pipe has everything, or is closed.
    package func flush() async {
        await withCheckedContinuation { continuation in
            append({ _ in continuation.resume() }, { _ in })
        }
    }

    package func close() { channel.close(promise: nil) }

    private func append(_ completion: Completion? = nil, _ write: (inout ByteBuffer) -> Void) {
        let isFirst = state.withLock { state in
            let isFirst = state.bytes.readableBytes == 0 && state.completions.isEmpty
            write(&state.bytes)
            if let completion { state.completions.append(completion) }
            return isFirst
        }
        if isFirst { channel.eventLoop.execute { [self] in writeAll() } }
    }

    private func writeAll() {
        let (bytes, completions) = state.withLock { state in
            defer {
                state.unwritten += state.bytes.readableBytes
                state.bytes = ByteBuffer()
                state.completions = []
            }
            return (state.bytes, state.completions)
        }
        channel.writeAndFlush(bytes).whenComplete { [self] result in
            state.withLock { $0.unwritten -= bytes.readableBytes }
            let isWhole = if case .success = result { true } else { false }
            for completion in completions { completion(isWhole) }
        }
    }
}
