import BgdemoFoundations
import RedisClient
import Resque

/// Publishes `heartbeat_minutes`, one event for each minute, as queue-bus does when a scheduler puts its heartbeat into
/// `bus_incoming`. Missed minutes are published later.
///
/// The keys are queue-bus', so that a Ruby program and this one publish each minute once: `bus:heartbeat:timestamp` has the
/// last minute, and `bus:heartbeat:lock` the second until which a Ruby program is at work.
struct Heartbeat: Sendable {
    /// The most minutes that one job publishes; the next job continues.
    private static let maxMinutes = 100
    /// How often another program may publish a minute while this one prepares it.
    private static let attempts = 5
    /// Later than any clock, in minutes.
    private static let lastMinute = 1 << 36

    let redis: any RedisCommands
    let namespace: String

    private var timestamp: String { "\(namespace):bus:heartbeat:timestamp" }
    private var lock: String { "\(namespace):bus:heartbeat:lock" }

    /// Publishes the minutes that are due. Returns how many.
    func publish(_ timeZone: TimeZoneRules = .current) async throws -> Int {
        let publisher = Publisher(Queue(redis: redis, namespace: namespace))
        for _ in 0..<Self.attempts {
            let current = min(BusClock.now / 60, Self.lastMinute)
            let saved = try await redis.send("GET", timestamp)
            let last = saved.int.map { max(0, min($0, Self.lastMinute)) } ?? current - 1
            guard last < current else { return 0 }
            let minutes = last + 1...min(current, last + Self.maxMinutes)
            let jobs = minutes.map { minute in
                publisher.job(for: "heartbeat_minutes", Self.attributes(of: minute, timeZone))
            }
            let reply = try await redis.run(
                Self.publishMinutes,
                keys: [timestamp, lock, "\(namespace):queue:\(Publisher.incoming)", "\(namespace):queues"],
                arguments: [saved.text ?? "", minutes.upperBound, Publisher.incoming] + jobs.map(\.bytes))
            switch reply.int {
            case 1: return minutes.count
            // A Ruby program publishes them.
            case -1: return 0
            default: continue
            }
        }
        return 0
    }

    static func attributes(of minute: Int, _ timeZone: TimeZoneRules) -> BusEvent {
        let wall = minute + timeZone.offset(at: minute * 60).floorDivided(by: 60)
        let day = wall.floorDivided(by: 24 * 60)
        let date = CivilDate(daysSince1970: day)
        let minuteOfDay = wall - day * 24 * 60
        var event = BusEvent()
        event.set("epoch_seconds", minute * 60)
        event.set("epoch_minutes", minute)
        event.set("epoch_hours", minute / 60)
        event.set("epoch_days", minute / (60 * 24))
        event.set("minute", minuteOfDay % 60)
        event.set("hour", minuteOfDay / 60)
        event.set("day", date.day)
        event.set("month", date.month)
        event.set("year", date.year)
        event.set("yday", date.dayOfYear + 1)
        event.set("wday", date.weekday)
        return event
    }

    /// Publishes minutes, unless another program has published them.
    ///
    /// KEYS[1] -> the last minute that was published
    /// KEYS[2] -> the second until which a Ruby program publishes minutes
    /// KEYS[3] -> the queue of the driver
    /// KEYS[4] -> the set of queues
    /// ARGV[1] -> the value of KEYS[1] that the caller has seen, or '' if it is absent
    /// ARGV[2] -> the last minute of the events
    /// ARGV[3] -> the name of the queue
    /// ARGV[4...] -> the jobs
    ///
    /// Returns 1.
    /// Returns 0 if KEYS[1] has changed; nothing was published.
    /// Returns -1 if a Ruby program is at work; nothing was published.
    private static let publishMinutes = RedisScript(
        """
        local now = tonumber(redis.call('TIME')[1])
        local lock = tonumber(redis.call('GET', KEYS[2]) or 0) or 0
        if lock >= now and lock < now + 120 then return -1 end
        if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[2])
        redis.call('SADD', KEYS[4], ARGV[3])
        for i = 4, #ARGV do redis.call('RPUSH', KEYS[3], ARGV[i]) end
        return 1
        """)
}
