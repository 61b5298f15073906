package import BgdemoCore
package import BgdemoEmail
import BgdemoFoundations
package import Logging
package import RedisClient
import ServiceLifecycle

/// "Remote messages" as they were in 2016. The publisher ignores its error and answers that all is well. The subscriber
/// has no bound, sends one mail after the other, tries again at once and for ever, and dies of a message that is not
/// JSON; the mails that it holds then are lost, as they are when it is told to stop.
package struct OriginalPubSub: Strategy {
    package static let channel = "emailz"

    private let redis: any RedisCommands
    private let subscriber: OriginalSubscriber?
    private let logger: Logger

    /// - Parameters:
    ///   - redis: What the web server publishes through.
    ///   - subscriber: The worker, where this process is one.
    package init(redis: any RedisCommands, subscriber: OriginalSubscriber?, logger: Logger) {
        self.redis = redis
        self.subscriber = subscriber
        self.logger = logger
    }

    /// `publisher.publish('emailz', JSON.stringify(email), function(){ … })`
    package func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        await subscriber?.hasSubscribed.wait()
        do {
            let count = try await redis.send("PUBLISH", Self.channel, Self.message(email)).int ?? 0
            return AcceptResult("published", details: [AcceptResult.Detail("subscribers", count)])
        } catch {
            logger.warning("answered 200 for a mail that was not published", metadata: ["reason": "\(error)"])
            return AcceptResult("published")
        }
    }

    /// `JSON.stringify(email)`
    package static func message(_ email: Email) -> String {
        var json = JSONWriter(capacity: 80 + email.text.utf8.count)
        json.raw("{")
        json.member("to", email.to.text)
        json.member("subject", email.subject)
        json.member("text", email.text)
        json.raw("}")
        return json.text
    }

    package func check() async throws(AcceptError) { try await redis.check() }

    package func work() async throws { try await subscriber?.work() }
}
