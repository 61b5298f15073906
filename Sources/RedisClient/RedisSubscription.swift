public import Logging
public import NIOCore
import Synchronization

/// The messages published on some channels, over a connection of its own that is made again whenever it breaks.
///
/// Redis keeps no message: what was published while there was no connection is lost, and Redis does not say how much.
/// Each break is therefore an event of its own.
///
/// At most `bound` events and 16 MiB wait for their reader, and a few more that were read with them. Beyond that nothing is
/// read from Redis, which keeps up to its `client-output-buffer-limit pubsub` (32 MB by default) and then closes the
/// connection.
///
/// A subscription may have one reader. Ending the iteration, or cancelling its task, closes the connection.
public final class RedisSubscription: AsyncSequence, Sendable {
    /// An event of the subscription.
    public enum Element: Sendable, Hashable {
        /// From here on everything that is published arrives.
        case subscribed
        /// A message, byte for byte.
        case message(channel: String, payload: [UInt8])
        /// The connection broke, or could not be made; not repeated until it is ``subscribed`` again.
        case lost(RedisError)
    }

    public typealias Failure = Never
    typealias EventProducer = NIOAsyncSequenceProducer<
        Element, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, SubscriptionDemand
    >

    /// The names of the channels; they are no patterns.
    public let channels: [String]
    private let producer: EventProducer
    private let demand: SubscriptionDemand

    /// Connects and subscribes at once, whether or not there is a reader yet.
    ///
    /// - Parameters:
    ///   - options: ``RedisOptions/commandTimeout`` is how long a silent connection is believed, and with
    ///     ``RedisOptions/roleCheckInterval`` a second connection publishes a message now and then on a channel of its own,
    ///     `<first channel>:heartbeat:<random>`: where it does not arrive, the subscription is made again.
    ///   - bound: Events that may wait for the reader. Default: 1024.
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
                ReconnectingConnection(url, on: eventLoop, options, options.outageLogger ?? OutageLogger(url, logger)),
                channels, options, source, demand)
            demand.handler.value = handler
            handler.start()
        }
    }

    /// Unsubscribes. The iteration ends after what was published before.
    public func end() { demand.end() }

    /// Ends the iteration and closes the connection. When this returns, nothing of it is left on the event loop, which may
    /// then be shut down.
    public func close() async { await demand.scope.close() }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private let iterator: EventProducer.AsyncIterator
        private let demand: SubscriptionDemand

        fileprivate init(_ iterator: EventProducer.AsyncIterator, _ demand: SubscriptionDemand) {
            (self.iterator, self.demand) = (iterator, demand)
        }

        @concurrent public func next() async -> Element? {
            let event = await iterator.next()
            if let event { demand.consumed(event.byteCount) }
            return event
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(producer.makeAsyncIterator(), demand) }
}

/// Carries what the reader wants to the event loop.
final class SubscriptionDemand: NIOAsyncSequenceProducerDelegate {
    let handler: NIOLoopBoundBox<SubscriptionHandler?>
    let scope: EventLoopScope

    /// Bytes of the messages that wait for the reader.
    private let bytes = Atomic<Int>(0)
    private static let byteLimit = 16 << 20

    init(_ loop: any EventLoop) {
        let handler = NIOLoopBoundBox<SubscriptionHandler?>.makeEmptyBox(eventLoop: loop)
        self.handler = handler
        scope = EventLoopScope(loop) {
            defer { handler.value = nil }
            return handler.value?.close() ?? loop.makeSucceededFuture([])
        }
    }

    func produceMore() {
        scope.execute { [handler] in handler.value?.readerHasSpace(for: .events) }
    }

    /// - Returns: Whether as many bytes wait as may.
    func produced(_ count: Int) -> Bool { bytes.add(count, ordering: .relaxed).newValue >= Self.byteLimit }

    func consumed(_ count: Int) {
        let (before, now) = bytes.subtract(count, ordering: .relaxed)
        guard now < Self.byteLimit, before >= Self.byteLimit else { return }
        scope.execute { [handler] in handler.value?.readerHasSpace(for: .bytes) }
    }

    func end() {
        scope.execute { [handler] in handler.value?.end() }
    }

    func didTerminate() {
        scope.close()
    }
}

extension RedisSubscription.Element {
    /// About how much memory it takes beside what every event does.
    var byteCount: Int {
        if case .message(let channel, let payload) = self { channel.utf8.count + payload.count } else { 0 }
    }
}
