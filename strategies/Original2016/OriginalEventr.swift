package import BgdemoCore
package import BgdemoEmail
import BgdemoFoundations
package import Logging
package import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The "immutable event bus" as it was in 2016. The producer writes in two requests, and chooses the partition by its own
/// clock: an event is written late when the producer stalls. It logs its error and answers that all is well.
///
///     ZADD eventr:partitions <minute> <minute>
///     RPUSH eventr:partitions:<minute> {"eventName":"emailEvent","email":{"to":"…","subject":"…","text":"…"}}
package struct OriginalEventr: Strategy {
    /// The length of a partition, in seconds.
    static let partitionSeconds = 60.0

    private let redis: any RedisCommands
    private let consumer: OriginalConsumer?
    private let logger: Logger

    /// - Parameters:
    ///   - redis: What the web server writes through.
    ///   - consumer: The worker, where this process is one.
    package init(redis: any RedisCommands, consumer: OriginalConsumer?, logger: Logger) {
        (self.redis, self.consumer, self.logger) = (redis, consumer, logger)
    }

    package func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        var json = JSONWriter(capacity: 160 + email.text.utf8.count)
        json.object {
            $0.member("eventName", "emailEvent")
            $0.name("email")
            $0.object {
                $0.member("to", email.to.text)
                $0.member("subject", email.subject)
                $0.member("text", email.text)
            }
        }
        do {
            let (partition, index) = try await Self.write(json.bytes, redis)
            return AcceptResult(
                "written", details: [AcceptResult.Detail("partition", partition), AcceptResult.Detail("index", index)])
        } catch {
            logger.warning("answered 200 for a mail that was not written", metadata: ["reason": "\(error)"])
            return AcceptResult("written")
        }
    }

    package func check() async throws(AcceptError) { try await redis.check() }

    package func work() async throws { try await consumer?.run() }

    /// Appends an event to the partition of the local clock. Returns its place.
    package static func write(
        _ event: [UInt8], _ redis: any RedisCommands
    ) async throws(RedisError) -> (partition: Int, index: Int) {
        let partition = Int(Date.now.timeIntervalSince1970 / partitionSeconds)
        _ = try await redis.send("ZADD", "eventr:partitions", partition, "\(partition)")
        let length = try await redis.send("RPUSH", "eventr:partitions:\(partition)", event)
        return (partition, max(0, (length.int ?? 1) &- 1))
    }
}
