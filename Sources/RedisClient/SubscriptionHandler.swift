import NIOCore

/// The events of a subscription's connection. All its state belongs to the event loop.
final class SubscriptionHandler: ReconnectingConnectionDelegate {
    /// A bound of what waits for the reader.
    enum Bound { case events, bytes }

    private let connection: ReconnectingConnection
    private let channels: [String]
    private let interval: TimeAmount
    private let source: RedisSubscription.EventProducer.Source
    private let demand: SubscriptionDemand
    private let heartbeat: SubscriptionHeartbeat?
    private var events: [RedisSubscription.Element] = []
    private var confirmations = 0
    /// The bounds that are reached, so that nothing is read.
    private var pauses: Set<Bound> = []
    private var isPaused: Bool { !pauses.isEmpty }
    private var isLost = false
    private var isEnding = false
    /// Redis has sent something since the last check; a PING was sent to it.
    private var hasReceived = true
    private var hasPinged = false
    private var pingTask: RepeatedTask?
    private var endTask: RepeatedTask?
    /// For how long Redis may be silent after it was asked to end.
    private static let endInterval = TimeAmount.milliseconds(500)

    init(
        _ connection: ReconnectingConnection, _ channels: [String], _ options: RedisOptions,
        _ source: RedisSubscription.EventProducer.Source, _ demand: SubscriptionDemand
    ) {
        self.connection = connection
        self.channels = channels
        self.source = source
        self.demand = demand
        interval = TimeAmount(options.commandTimeout)
        heartbeat = SubscriptionHeartbeat(connection.url, on: connection.loop, channel: channels.first ?? "", options)
    }

    func start() {
        connection.open(for: self)
        let bound = NIOLoopBound(self, eventLoop: connection.loop)
        pingTask = connection.loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            bound.value.checkConnection()
        }
        heartbeat?.start { bound.value.heartbeatDidFail() }
    }

    @discardableResult
    func close() -> EventLoopScope.End {
        pingTask?.cancel()
        endTask?.cancel()
        let ends = [connection.close()] + (heartbeat.map { [$0.stop()] } ?? [])
        source.finish()
        return EventLoopFuture.whenAllSucceed(ends, on: connection.loop).map { $0.flatMap(\.self) }
    }

    /// What Redis sends before it confirms that nothing more comes is still delivered.
    func end() {
        isEnding = true
        heartbeat?.stop()
        guard !isLost, confirmations >= channels.count else {
            close()
            return
        }
        connection.write(RedisCommand(["UNSUBSCRIBE"]).bytes)
        hasReceived = false
        let bound = NIOLoopBound(self, eventLoop: connection.loop)
        endTask = connection.loop.scheduleRepeatedTask(initialDelay: Self.endInterval, delay: Self.endInterval) { _ in
            bound.value.checkEnd()
        }
    }

    func readerHasSpace(for bound: Bound) {
        pauses.remove(bound)
        guard !isPaused else { return }
        hasReceived = true
        heartbeat?.reset()
        connection.read(true)
    }

    // MARK: The connection

    func connectionDidOpen() {
        confirmations = 0
        hasReceived = true
        hasPinged = false
        connection.write(RedisCommand(["SUBSCRIBE"] + channels).bytes)
        // Apart from the others: a user may lack the right to this one.
        if let heartbeat { connection.write(RedisCommand(["SUBSCRIBE", heartbeat.channel]).bytes) }
        if isPaused { connection.read(false) }
    }

    func received(_ reply: RedisValue) {
        hasReceived = true
        hasPinged = false
        guard let parts = reply.array, parts.count >= 2, let kind = parts[0].bytes else {
            guard case .error(let refusal) = reply else {
                return connection.drop(.protocolViolation("neither a message nor a subscription"))
            }
            guard let heartbeat, refusal.kind == .noPermission, confirmations == channels.count else {
                return connection.drop(.reply(refusal))
            }
            heartbeat.stop()
            return
        }
        switch kind {
        case Self.message:
            guard parts.count == 3, let channel = parts[1].text, let payload = parts[2].bytes else {
                return connection.drop(.protocolViolation("a message without its parts"))
            }
            if let heartbeat, parts[1].bytes == Array(heartbeat.channel.utf8) { return heartbeat.received() }
            events.append(.message(channel: channel, payload: payload))
        case Self.subscribe:
            confirmations += 1
            guard confirmations == channels.count else {
                if confirmations > channels.count { heartbeat?.subscribed() }
                return
            }
            isLost = false
            events.append(.subscribed)
        case Self.unsubscribe:
            confirmations -= 1
        default: break
        }
    }

    private static let message = Array("message".utf8)
    private static let subscribe = Array("subscribe".utf8)
    private static let unsubscribe = Array("unsubscribe".utf8)

    func readCompleted() {
        deliver()
        if isEnding, confirmations <= 0 { close() }
    }

    private func deliver() {
        guard !events.isEmpty else { return }
        defer { events.removeAll(keepingCapacity: true) }
        let hasNoBytesLeft = demand.produced(events.reduce(0) { $0 + $1.byteCount })
        if hasNoBytesLeft { pauses.insert(.bytes) }
        if case .stopProducing = source.yield(contentsOf: events) { pauses.insert(.events) }
        if isPaused { connection.read(false) }
    }

    func connectionDidClose(_ reason: RedisError) {
        heartbeat?.unsubscribed()
        // What came before the end is delivered before it.
        if !isLost { events.append(.lost(reason)) }
        isLost = true
        deliver()
        if isEnding { close() }
    }

    func serverDidChange(_ reason: RedisError) { connection.drop(reason) }

    // MARK: Checks

    /// A connection whose other end has vanished looks like one to which nothing is published, until it is asked.
    private func checkConnection() {
        guard !isPaused, !isLost else { return }
        if hasReceived {
            hasReceived = false
        } else if hasPinged {
            connection.drop(.timedOut(command: "PING", after: .nanoseconds(interval.nanoseconds)))
        } else {
            hasPinged = true
            connection.write(RedisCommand(["PING"]).bytes)
        }
    }

    private func checkEnd() {
        guard !isPaused else { return }
        if !hasReceived { close() }
        hasReceived = false
    }

    private func heartbeatDidFail() {
        guard !isPaused, !isLost, !isEnding else { return }
        connection.drop(.connectionLost("a message that was published did not arrive"))
    }
}
