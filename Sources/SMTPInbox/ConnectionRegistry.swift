import NIOCore
import Synchronization

/// The open connections of an inbox: numbered, bounded, and told when the inbox closes.
final class ConnectionRegistry: Sendable {
    private struct State {
        var open: [ObjectIdentifier: any Channel] = [:]
        var total = 0
        var isClosing = false
        var closer: CheckedContinuation<Void, Never>?
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes a connection in and numbers it, or says 421 and closes it where the limit is reached.
    func admit(_ channel: any Channel) -> Int? {
        let key = ObjectIdentifier(channel)
        let number = state.withLock { state -> Int? in
            guard state.open.count < limit, !state.isClosing else { return nil }
            state.open[key] = channel
            state.total += 1
            return state.total
        }
        guard number != nil else {
            let reply = ByteBuffer(string: "421 4.3.2 \(limit) connections are open, which is the limit here\r\n")
            channel.writeAndFlush(reply).whenComplete { _ in channel.close(promise: nil) }
            return nil
        }
        channel.closeFuture.whenComplete { [self] _ in remove(key) }
        return number
    }

    private func remove(_ key: ObjectIdentifier) {
        let closer = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.open[key] = nil
            guard state.open.isEmpty else { return nil }
            defer { state.closer = nil }
            return state.closer
        }
        closer?.resume()
    }

    /// Tells all connections that the inbox closes, closes those that are open after `grace`, and returns when all are gone.
    func close(grace: Duration, on loop: any EventLoop) async {
        let open = state.withLock { state in
            state.isClosing = true
            return Array(state.open.values)
        }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(InboxConnection.InboxCloses()) }
        let timer = loop.scheduleTask(in: TimeAmount(grace)) {
            for channel in open { channel.close(promise: nil) }
        }
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.open.isEmpty { state.closer = continuation }
                return state.open.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
        timer.cancel()
    }
}
