import BgdemoFoundations
import BgdemoHTTPServer
import BgdemoTestSupport
import Eventr
import Logging
import NIOPosix
import QueueBus
import RedisClient
import Resque

@testable import BgdemoWeb

/// The pages of the queues, the event log and the bus, in a Redis of their own.
struct RedisPages: Sendable {
    let redisServer: RedisServer
    let redis: RedisConnection
    let queue: Queue
    let log: EventLog
    let subscriptions: Subscriptions
    let server: HTTPServer

    var url: String { "http://127.0.0.1:\(server.port)" }

    static func with<Result: Sendable>(_ body: (RedisPages) async throws -> Result) async throws -> Result {
        try await withRedisServer { server in
            let group = MultiThreadedEventLoopGroup.singleton
            let redis = RedisConnection(try RedisURL(server.url), on: group.next(), logger: .quiet)
            let queue = Queue(redis: redis)
            let log = EventLog(redis: redis)
            let subscriptions = Subscriptions(redis: redis)
            let site = WebSite(
                [
                    QueuesPages(queue, logger: .quiet), EventsPages(log, logger: .quiet),
                    BusPages(queue, subscriptions),
                ], access: PageAccess(listeningOn: "127.0.0.1"), logger: .quiet)
            let http = try await HTTPServer.start(
                host: "127.0.0.1", port: 0, group: group, logger: .quiet, handler: site)
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(
                    try await body(
                        RedisPages(
                            redisServer: server, redis: redis, queue: queue, log: log, subscriptions: subscriptions,
                            server: http)))
            } catch {
                result = .failure(error)
            }
            await http.drain(within: .seconds(2))
            await redis.close()
            return try result.get()
        }
    }

    func get(_ target: String) async throws -> RawResponse {
        try await fetch(target, port: server.port, headers: ["Accept: text/html"])
    }

    func post(_ target: String, _ form: String) async throws -> RawResponse {
        let token = try await get("/queues").formToken
        return try await fetch(
            target, port: server.port, method: "POST",
            headers: [
                "Content-Type: application/x-www-form-urlencoded", "Accept: text/html", "Origin: http://localhost",
                "Sec-Fetch-Site: same-origin",
            ], body: "form_token=\(token)&\(form)")
    }

    /// Has a worker a job in work, as Ruby writes it.
    func work(_ worker: String, _ job: Job) async throws {
        var json = JSONWriter()
        json.raw("{")
        json.member("queue", job.queue)
        json.member("run_at", "2026-11-28T15:20:13Z")
        json.name("payload")
        json.raw(job.bytes)
        json.raw("}")
        _ = try await redis.send("SET", "resque:worker:\(worker)", json.bytes)
    }

    /// An entry of `failed`, as Ruby writes it.
    func fail(_ className: String, _ argument: String, exception: String = "Boom", queue: String = "mails") async throws
    {
        var json = JSONWriter()
        json.raw("{")
        json.member("failed_at", "2026/11/23 15:19:23 UTC")
        json.name("payload")
        json.raw("{")
        json.member("class", className)
        json.name("args")
        json.raw("[")
        json.string(argument)
        json.raw("]}")
        json.member("exception", exception)
        json.member("error", "it broke: \(argument)")
        json.member("worker", "host:1:mails")
        json.member("queue", queue)
        json.raw("}")
        _ = try await redis.send("RPUSH", "resque:failed", json.bytes)
    }

    /// Texts that a stranger may write, in each field of the lists.
    func fillHostile() async throws {
        for text in Hostile.texts {
            try await fail(text, text, exception: text, queue: text)
            try await queue.enqueue(Job(text, try JobArguments(text), queue: text))
            _ = try await redis.send("SADD", "resque:workers", "\(text):1:\(text)")
            try await work("\(text):1:\(text)", Job(text, try JobArguments(text), queue: text))
            try await queue.setSchedule(text, every: .seconds(60), Job(text, queue: text))
            try await queue.enqueueAt(4_000_000_000, Job(text, try JobArguments(text), queue: text))
        }
        for (number, text) in Hostile.texts.enumerated() {
            _ = try await redis.send("ZADD", "eventr:partitions", 29_857_612, 29_857_612)
            _ = try await redis.send("RPUSH", "eventr:partitions:29857612", text)
            _ = try await redis.send("HSET", "eventr:client_partitions", text, 1)
            var event = JSONWriter()
            event.raw("{")
            event.member("eventName", text)
            event.raw("}")
            _ = try await redis.send("RPUSH", "eventr:partitions:29857612", event.bytes)
            var dead = JSONWriter()
            dead.raw("{")
            for name in ["consumer", "error", "failedAt", "handler"] { dead.member(name, text) }
            dead.name("event")
            dead.raw(event.bytes)
            dead.raw(#","failures":8,"index":0,"partition":29857612}"#)
            _ = try await redis.send("RPUSH", "eventr:dead:\(text)", dead.bytes)
            let application = try Application("app\(number)")
            try await subscriptions.add(
                Subscription(key: text, queueName: text, matcher: Matcher([text: .value(text)])), to: application)
            try await Publisher(queue).publish(text)
        }
    }
}
