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
    typealias Producer = NIOAsyncSequenceProducer<
        Element, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, Demand
    >

    /// Their names, as they are: no patterns.
    public let channels: [String]
    private let producer: Producer
    private let demand: Demand

    /// Connects and subscribes at once, whether or not there is a reader yet.
    ///
    /// - Parameter bound: Events that may wait for the reader.
    public init(
        _ url: RedisURL, channels: [String], on eventLoop: any EventLoop, options: RedisOptions = RedisOptions(),
        bound: Int = 1024, logger: Logger
    ) {
        self.channels = channels
        let demand = Demand(eventLoop)
        self.demand = demand
        let sequence = Producer.makeSequence(
            elementType: Element.self,
            backPressureStrategy: .init(lowWatermark: Swift.max(1, bound / 2), highWatermark: Swift.max(1, bound)),
            finishOnDeinit: true, delegate: demand)
        producer = sequence.sequence
        let source = sequence.source
        eventLoop.execute {
            let listener = Listener(
                Line(url, on: eventLoop, options, Outage(url, logger)), channels, every: TimeAmount(options.timeLimit),
                source)
            demand.listener.value = listener
            listener.start()
        }
    }

    /// Unsubscribes. The iteration ends after what was published until then.
    public func end() { demand.end() }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private let iterator: Producer.AsyncIterator

        fileprivate init(_ iterator: Producer.AsyncIterator) {
            self.iterator = iterator
        }

        @concurrent public func next() async -> Element? { await iterator.next() }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(producer.makeAsyncIterator()) }
}

/// The reader's wishes, carried to the event loop.
final class Demand: NIOAsyncSequenceProducerDelegate {
    let listener: NIOLoopBoundBox<Listener?>
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
        listener = .makeEmptyBox(eventLoop: loop)
    }

    func produceMore() {
        loop.execute { [listener] in listener.value?.resume() }
    }

    func end() {
        loop.execute { [listener] in listener.value?.end() }
    }

    func didTerminate() {
        loop.execute { [listener] in
            listener.value?.close()
            listener.value = nil
        }
    }
}

/// The subscribing end of a line. All its state belongs to the event loop.
final class Listener: LineUser {
    private let line: Line
    private let channels: [String]
    private let interval: TimeAmount
    private let source: RedisSubscription.Producer.Source
    private var events: [RedisSubscription.Element] = []
    private var confirmations = 0
    private var isPaused = false
    private var isLost = false
    private var isEnding = false
    /// Redis has said something since the last look; it was asked to.
    private var isHeard = true
    private var isAsked = false
    private var watch: RepeatedTask?

    init(
        _ line: Line, _ channels: [String], every interval: TimeAmount, _ source: RedisSubscription.Producer.Source
    ) {
        self.line = line
        self.channels = channels
        self.interval = interval
        self.source = source
    }

    func start() {
        line.open(for: self)
        let bound = NIOLoopBound(self, eventLoop: line.loop)
        watch = line.loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            bound.value.checkPulse()
        }
    }

    func close() {
        watch?.cancel()
        line.close()
        source.finish()
    }

    /// What Redis sends before it confirms that nothing more comes is still heard.
    func end() {
        isEnding = true
        guard !isLost, confirmations == channels.count else { return close() }
        line.write(RedisCommand(["UNSUBSCRIBE"]).bytes)
    }

    func resume() {
        isPaused = false
        isHeard = true
        line.read(true)
    }

    func lineIsUp() {
        confirmations = 0
        isHeard = true
        isAsked = false
        line.write(RedisCommand(["SUBSCRIBE"] + channels).bytes)
        if isPaused { line.read(false) }
    }

    func received(_ reply: RedisValue) {
        isHeard = true
        isAsked = false
        guard let parts = reply.array, parts.count >= 2, let kind = parts[0].text else {
            if case .error(let refusal) = reply { return line.drop(.reply(refusal)) }
            return line.drop(.protocolViolation("neither a message nor a subscription"))
        }
        switch kind {
        case "message":
            guard parts.count == 3, let channel = parts[1].text, let payload = parts[2].bytes else {
                return line.drop(.protocolViolation("a message without its parts"))
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
        line.read(false)
    }

    func lineIsDown(_ why: RedisError) {
        // What had come is read before its end.
        if !isLost { events.append(.lost(why)) }
        isLost = true
        deliver()
        if isEnding { close() }
    }

    /// A connection whose other end is gone without a word looks like one on which nobody publishes: ask.
    private func checkPulse() {
        guard !isPaused, !isLost else { return }
        if isHeard {
            isHeard = false
        } else if isAsked {
            line.drop(.timedOut(command: "PING", after: .nanoseconds(interval.nanoseconds)))
        } else {
            isAsked = true
            line.write(RedisCommand(["PING"]).bytes)
        }
    }
}
