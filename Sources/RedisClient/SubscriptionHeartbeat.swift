import Logging
import NIOCore

/// Publishes a message now and then, over a connection of its own, to see whether it arrives at a subscription: after a
/// fail-over the subscription may still be with the server that was the primary. On a Cluster the message arrives from any
/// node, but the subscription counts for publishers only at the node that has the channel's slot. All its state belongs to
/// the event loop.
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
    /// How often in succession the server had no subscription to the channel.
    private var absences = 0
    /// A read in the channel's slot, which a node that no longer has it refuses (`MOVED`); nil without a Cluster.
    private let slotCheck: RedisCommand?

    /// nil where the options do not ask for it.
    init?(_ url: RedisURL, on loop: any EventLoop, channel: String, _ options: RedisOptions) {
        guard let interval = options.roleCheckInterval else { return nil }
        self.loop = loop
        self.interval = TimeAmount(interval)
        self.channel = "\(channel):heartbeat:\(String(UInt64.random(in: .min ... .max), radix: 16))"
        slotCheck = url.slot == nil ? nil : ["GET", "{\(channel)}:heartbeat"]
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
    func reset() { (published, arrived, misses, absences) = (0, 0, 0, 0) }

    private func publish(_ failed: @escaping () -> Void) {
        guard isSubscribed else { return }
        if arrived < published {
            misses += 1
            guard misses > 1 else { return }
            reset()
            return failed()
        }
        misses = 0
        if let slotCheck { submit(slotCheck) { _ in } }
        let bound = NIOLoopBound((self, failed), eventLoop: loop)
        submit(["PUBLISH", channel, ""]) { reply in
            let (heartbeat, failed) = bound.value
            // Each comes over a connection of its own: the message may have arrived before this reply.
            guard case .success(.integer(let subscriptions)) = reply, heartbeat.isSubscribed else { return }
            heartbeat.published += 1
            heartbeat.absences = subscriptions > 0 ? 0 : heartbeat.absences + 1
            guard heartbeat.absences > 1 else { return }
            heartbeat.reset()
            failed()
        }
    }

    private func submit(
        _ command: RedisCommand, _ done: @escaping @Sendable (Result<RedisValue, RedisError>) -> Void
    ) {
        commands.submit(
            PendingCommand(
                command.bytes, count: 1, timeLimit, isBlocking: false, AtomicFlag(), .callback(done)))
    }
}
