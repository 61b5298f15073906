import NIOCore

/// An attempt to reach a server, over one connection or several: Sentinels or nodes are asked first, and a host may have
/// several addresses. All its state belongs to its event loop.
final class ConnectionAttempt {
    private var channels: [any Channel] = []
    private var isAbandoned = false

    /// - Throws: `ChannelError` where the attempt was abandoned.
    func check() throws {
        if isAbandoned { throw ChannelError.ioOnClosedChannel }
    }

    /// - Throws: As ``check()`` does.
    func add(_ channel: any Channel) throws {
        try check()
        channels.append(channel)
    }

    /// Closes its channels, also those that wait for the server's answer to their connect; from now on it makes none.
    func abandon() {
        isAbandoned = true
        for channel in channels { channel.close(promise: nil) }
        channels = []
    }
}
