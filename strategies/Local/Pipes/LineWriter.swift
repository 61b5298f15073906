package import NIOCore
import Synchronization

/// The writing end of a pipe: what is posted in one tick of its event loop goes out in one write. May be used from any
/// thread, and never waits.
package final class LineWriter: Sendable {
    package typealias Written = @Sendable (_ isWhole: Bool) -> Void

    private struct State {
        var bytes = ByteBuffer()
        var waiting: [Written] = []
        var unwritten = 0
    }

    private let channel: any Channel
    private let state = Mutex(State())

    package init(_ channel: any Channel) {
        self.channel = channel
    }

    /// Bytes that the other side has not read.
    package var unwritten: Int { state.withLock { $0.unwritten + $0.bytes.readableBytes } }

    /// Posts what `write` writes, whole lines.
    package func post(_ write: (inout ByteBuffer) -> Void) { append(write) }

    /// Posts a line that is already written, and says whether the pipe has taken all of it.
    package func post(line: String, written: @escaping Written) {
        append(written: written) { bytes in
            bytes.writeString(line)
            bytes.writeInteger(UInt8(ascii: "\n"))
        }
    }

    /// Returns when what was posted before is in the pipe, or the pipe is gone.
    package func drained() async {
        await withCheckedContinuation { continuation in
            append(written: { _ in continuation.resume() }, { _ in })
        }
    }

    package func close() { channel.close(promise: nil) }

    private func append(written: Written? = nil, _ write: (inout ByteBuffer) -> Void) {
        let isFirst = state.withLock { state in
            let isFirst = state.bytes.readableBytes == 0 && state.waiting.isEmpty
            write(&state.bytes)
            if let written { state.waiting.append(written) }
            return isFirst
        }
        if isFirst { channel.eventLoop.execute { [self] in flush() } }
    }

    private func flush() {
        let (bytes, waiting) = state.withLock { state in
            defer {
                state.unwritten += state.bytes.readableBytes
                state.bytes = ByteBuffer()
                state.waiting = []
            }
            return (state.bytes, state.waiting)
        }
        channel.writeAndFlush(bytes).whenComplete { [self] result in
            state.withLock { $0.unwritten -= bytes.readableBytes }
            let isWhole = if case .success = result { true } else { false }
            for written in waiting { written(isWhole) }
        }
    }
}
