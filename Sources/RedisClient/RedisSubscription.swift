public import Logging
public import NIOCore

/// The messages published on some channels, over a connection of its own that is made again whenever it breaks.
///
/// Pub/sub forgets: what was published while the connection was away is lost, and Redis does not say how much. The
/// events therefore tell of every break.
///
/// At most `bound` events wait for their reader, and a few more that had come already; beyond, nothing is read from
/// Redis, which keeps them until its `client-output-buffer-limit pubsub` (32 MB by default) and then closes the
/// connection, as is told.
///
/// One reader only. Ending the iteration, or cancelling its task, closes the connection.
public final class RedisSubscription: AsyncSequence, Sendable {
    /// What the reader is told.
    public enum Element: Sendable, Hashable {
        /// From here on everything that is published is heard.
        case subscribed
        /// A message, byte for byte.
        case message(channel: String, payload: [UInt8])
        /// The connection broke, or could not be made; told once until it is ``subscribed`` again.
        case lost(RedisError)
    }

    public typealias Failure = Never
    typealias EventProducer = NIOAsyncSequenceProducer<
        Element, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, SubscriptionDemand
    >

    /// Their names, as they are: no patterns.
    public let channels: [String]
    private let producer: EventProducer
    private let demand: SubscriptionDemand

    /// Connects and subscribes at once, whether or not there is a reader yet.
    ///
    /// - Parameter bound: Events that may wait for the reader.
    public init(
        _ url: RedisURL, channels: [String], on eventLoop: any EventLoop, options: RedisOptions = RedisOptions(),
        bound: Int = 1024, logger: Logger
    ) {
        self.channels = channels
        let demand = SubscriptionDemand(eventLoop)
        self.demand = demand
        let sequence = EventProducer.makeSequence(
            elementType: Element.self,
            backPressureStrategy: .init(lowWatermark: Swift.max(1, bound / 2), highWatermark: Swift.max(1, bound)),
            finishOnDeinit: true, delegate: demand)
        producer = sequence.sequence
        let source = sequence.source
        eventLoop.execute {
            let handler = SubscriptionHandler(
                ReconnectingConnection(url, on: eventLoop, options, OutageLogger(url, logger)), channels,
                every: TimeAmount(options.commandTimeout),
                source)
            demand.handler.value = handler
            handler.start()
        }
    }

    /// Unsubscribes. The iteration ends after what was published until then.
    public func end() { demand.end() }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private let iterator: EventProducer.AsyncIterator

        fileprivate init(_ iterator: EventProducer.AsyncIterator) {
            self.iterator = iterator
        }

        @concurrent public func next() async -> Element? { await iterator.next() }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(producer.makeAsyncIterator()) }
}

/// The reader's wishes, carried to the event loop.
final class SubscriptionDemand: NIOAsyncSequenceProducerDelegate {
    let handler: NIOLoopBoundBox<SubscriptionHandler?>
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
        handler = .makeEmptyBox(eventLoop: loop)
    }

    func produceMore() {
        loop.execute { [handler] in handler.value?.resume() }
    }

    func end() {
        loop.execute { [handler] in handler.value?.end() }
    }

    func didTerminate() {
        loop.execute { [handler] in
            handler.value?.close()
            handler.value = nil
        }
    }
}

/// The subscribing end of a line. All its state belongs to the event loop.
final class SubscriptionHandler: ReconnectingConnectionDelegate {
    private let connection: ReconnectingConnection
    private let channels: [String]
    private let interval: TimeAmount
    private let source: RedisSubscription.EventProducer.Source
    private var events: [RedisSubscription.Element] = []
    private var confirmations = 0
    private var isPaused = false
    private var isLost = false
    private var isEnding = false
    /// Redis has said something since the last look; it was asked to.
    private var hasReceived = true
    private var hasPinged = false
    private var pingTask: RepeatedTask?

    init(
        _ connection: ReconnectingConnection, _ channels: [String], every interval: TimeAmount,
        _ source: RedisSubscription.EventProducer.Source
    ) {
        self.connection = connection
        self.channels = channels
        self.interval = interval
        self.source = source
    }

    func start() {
        connection.open(for: self)
        let bound = NIOLoopBound(self, eventLoop: connection.loop)
        pingTask = connection.loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            bound.value.checkConnection()
        }
    }

    func close() {
        pingTask?.cancel()
        connection.close()
        source.finish()
    }

    /// What Redis sends before it confirms that nothing more comes is still heard.
    func end() {
        isEnding = true
        guard !isLost, confirmations == channels.count else { return close() }
        connection.write(RedisCommand(["UNSUBSCRIBE"]).bytes)
    }

    func resume() {
        isPaused = false
        hasReceived = true
        connection.read(true)
    }

    func connectionDidOpen() {
        confirmations = 0
        hasReceived = true
        hasPinged = false
        connection.write(RedisCommand(["SUBSCRIBE"] + channels).bytes)
        if isPaused { connection.read(false) }
    }

    func received(_ reply: RedisValue) {
        hasReceived = true
        hasPinged = false
        guard let parts = reply.array, parts.count >= 2, let kind = parts[0].text else {
            if case .error(let refusal) = reply { return connection.drop(.reply(refusal)) }
            return connection.drop(.protocolViolation("neither a message nor a subscription"))
        }
        switch kind {
        case "message":
            guard parts.count == 3, let channel = parts[1].text, let payload = parts[2].bytes else {
                return connection.drop(.protocolViolation("a message without its parts"))
            }
            events.append(.message(channel: channel, payload: payload))
        case "subscribe":
            confirmations += 1
            guard confirmations == channels.count else { return }
            isLost = false
            events.append(.subscribed)
        case "unsubscribe":
            confirmations -= 1
        default: break
        }
    }

    func readCompleted() {
        deliver()
        if isEnding, confirmations <= 0 { close() }
    }

    private func deliver() {
        guard !events.isEmpty else { return }
        defer { events.removeAll(keepingCapacity: true) }
        guard case .stopProducing = source.yield(contentsOf: events) else { return }
        isPaused = true
        connection.read(false)
    }

    func connectionDidClose(_ why: RedisError) {
        // What had come is read before its end.
        if !isLost { events.append(.lost(why)) }
        isLost = true
        deliver()
        if isEnding { close() }
    }

    /// A connection whose other end is gone without a word looks like one on which nobody publishes: ask.
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
}
