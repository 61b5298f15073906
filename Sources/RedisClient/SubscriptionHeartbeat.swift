import Logging
import NIOCore

/// Publishes a message now and then, over a connection of its own, to see whether it arrives at a subscription: after a
/// fail-over the subscription may still be with the server that was the primary. All its state belongs to the event loop.
final class SubscriptionHeartbeat {
    let channel: String
    private let loop: any EventLoop
    private let interval: TimeAmount
    private let commands: CommandQueue
    private let timeLimit: Duration
    private var task: RepeatedTask?
    private var isSubscribed = false
    /// Messages that Redis has taken, and those that have arrived.
    private var (published, arrived) = (0, 0)
    /// How often in succession one was missing. Once may be a delay.
    private var misses = 0

    /// nil where the options do not ask for it.
    init?(_ url: RedisURL, on loop: any EventLoop, channel: String, _ options: RedisOptions) {
        guard let interval = options.roleCheckInterval else { return nil }
        self.loop = loop
        self.interval = TimeAmount(interval)
        self.channel = "\(channel):heartbeat:\(String(UInt64.random(in: .min ... .max), radix: 16))"
        timeLimit = options.commandTimeout
        let silent = Logger(label: "redis") { _ in SwiftLogNoOpLogHandler() }
        commands = CommandQueue(
            ReconnectingConnection(url, on: loop, options, OutageLogger(url, silent)), options, AtomicFlag())
    }

    /// - Parameter failed: Called where a message did not arrive.
    func start(_ failed: @escaping () -> Void) {
        commands.start()
        let bound = NIOLoopBound((self, failed), eventLoop: loop)
        task = loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            let (heartbeat, failed) = bound.value
            heartbeat.publish(failed)
        }
    }

    @discardableResult
    func stop() -> EventLoopScope.End {
        task?.cancel()
        return commands.close()
    }

    /// Redis has confirmed the channel.
    func subscribed() { isSubscribed = true }

    func received() { arrived += 1 }

    /// The subscription's connection ended: what was published will not arrive.
    func unsubscribed() {
        isSubscribed = false
        reset()
    }

    /// Expects none of the messages that were published until now.
    func reset() { (published, arrived, misses) = (0, 0, 0) }

    private func publish(_ failed: () -> Void) {
        guard isSubscribed else { return }
        if arrived < published {
            misses += 1
            guard misses > 1 else { return }
            reset()
            return failed()
        }
        misses = 0
        let bound = NIOLoopBound(self, eventLoop: loop)
        commands.submit(
            PendingCommand(
                RedisCommand(["PUBLISH", channel, ""]).bytes, count: 1, timeLimit, isBlocking: false, AtomicFlag(),
                .callback { reply in
                    // Each comes over a connection of its own: the message may have arrived before this reply.
                    guard case .success(.integer) = reply, bound.value.isSubscribed else { return }
                    bound.value.published += 1
                }))
    }
}
