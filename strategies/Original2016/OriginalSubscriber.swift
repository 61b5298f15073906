package import BgdemoCore
package import BgdemoEmail
import BgdemoFoundations
package import Logging
import Metrics
package import NIOCore
package import RedisClient
import ServiceLifecycle

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The worker of "remote messages" as it was in 2016; see ``OriginalPubSub``.
package struct OriginalSubscriber: Sendable {
    private typealias EmailQueue = OriginalEmailQueue<DeliveryAttempt>

    private let messages: RedisSubscription
    private let sender: any EmailSender
    private let tracker: DeliveryTracker
    private let throttle: Throttle
    private let logger: Logger
    private let received = Counter(label: "bgdemo_pubsub_heard_total")
    private let refused = Counter(label: "bgdemo_pubsub_refused_total")
    /// Open once it has subscribed, or failed to.
    let hasSubscribed = Latch()

    /// Subscribes at once.
    package init(
        _ url: RedisURL, options: RedisOptions, on loop: any EventLoop, sender: any EmailSender,
        tracker: DeliveryTracker, throttle: Throttle, logger: Logger
    ) {
        self.sender = sender
        self.tracker = tracker
        self.throttle = throttle
        self.logger = logger
        messages = RedisSubscription(
            url, channels: [OriginalPubSub.channel], on: loop, options: options, logger: logger)
    }

    /// Works until it is told to stop; then everything that it holds is lost.
    func work() async throws {
        let emails = EmailQueue()
        let result: Result<Void, any Error>
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await receive(emails) }
                group.addTask { await workerLoop(emails) }
                group.addTask { try await gracefulShutdown() }
                defer { group.cancelAll() }
                let first = await group.nextResult()
                // The worker loop waits for the next email, and ends when there is none to come.
                await emails.close()
                try first?.get()
            }
            result = .success(())
        } catch {
            await emails.close()
            result = .failure(error)
        }
        await lose(emails.removeAll())
        try result.get()
    }

    private func lose(_ attempts: [DeliveryAttempt]) {
        guard !attempts.isEmpty else { return }
        logger.error("mails were received but not sent, and are lost", metadata: ["mails": "\(attempts.count)"])
        let failure = SMTPFailure(.queue, "the worker was stopped before the mail was sent")
        for attempt in attempts { attempt.finish(.temporary(failure)) }
    }

    // MARK: Receiving

    private func receive(_ emails: EmailQueue) async throws {
        for await event in messages {
            switch event {
            case .subscribed:
                hasSubscribed.open()
                logger.info("Listening on \(OriginalPubSub.channel)")
            case .lost:
                hasSubscribed.open()
                logger.warning("Not listening on \(OriginalPubSub.channel), what is published now is not heard")
            case .message(_, let payload):
                guard let email = try email(payload) else { continue }
                received.increment()
                await emails.push([try tracker.begin(email)])
            }
        }
    }

    /// `var email = JSON.parse(message)`, which throws in a callback and ends the process.
    private func email(_ payload: [UInt8]) throws -> Email? {
        struct Message: Decodable { let to, subject, text: String }
        let message: Message
        do {
            message = try JSONReader.decode(Message.self, from: payload)
        } catch {
            logger.critical("a message is not JSON: the worker of 2016 ends here")
            throw InvalidOriginalMessage()
        }
        do {
            return try Email(to: message.to, subject: message.subject, text: message.text)
        } catch {
            refused.increment()
            logger.error("refused a message", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    // MARK: Sending

    /// The talk's `workerLoop`.
    private func workerLoop(_ emails: EmailQueue) async {
        while let attempt = await emails.shift() {
            do { try await throttle.acquire() } catch { return lose([attempt]) }
            // A send that hangs does not hold up the stop.
            let isDone = Latch()
            sender.send(attempt.email) { outcome in
                Task {
                    await didSend(attempt, outcome, emails)
                    isDone.open()
                }
            }
            await isDone.wait()
        }
    }

    private func didSend(_ attempt: DeliveryAttempt, _ outcome: SendOutcome, _ emails: EmailQueue) async {
        if let failure = outcome.failure, await emails.push([attempt]) {
            return logger.notice(
                "failed sending email, trying again :(",
                metadata: ["id": "\(attempt.email.id)", "reason": "\(failure)"])
        }
        attempt.finish(outcome)
    }
}

/// A message that is not JSON.
package struct InvalidOriginalMessage: Error, CustomStringConvertible {
    package let description = "a message is not JSON"
}
