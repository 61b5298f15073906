import Logging
import NIOPosix
import QueueBus
import RedisClient
import Resque
import ServiceLifecycle
import Synchronization

// bgdemo-queuebus-bench drive URL EVENTS SUBSCRIBERS: drives EVENTS events that are on the bus to SUBSCRIBERS subscribers
// without riders, and prints how many copies it pushed per second.
// bgdemo-queuebus-bench ride URL EVENTS SUBSCRIBERS: also rides each copy with an empty rider, and prints how many copies were
// performed per second.

let arguments = CommandLine.arguments
guard arguments.count == 5, let events = Int(arguments[3]), let subscribers = Int(arguments[4]), events > 0,
    subscribers > 0
else { fatalError("usage: bgdemo-queuebus-bench drive|ride redis://127.0.0.1:6379 10000 20") }
let url = try RedisURL(arguments[2])
let isRiding = arguments[1] == "ride"
let group = MultiThreadedEventLoopGroup.singleton
var logger = Logger(label: "bgdemo-queuebus-bench")
logger.logLevel = .warning
let redis = RedisConnection(url, on: group.next(), logger: logger)

let done = Atomic(0)
let (ends, emit) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
let total = isRiding ? events * subscribers : events
let count: @Sendable () -> Void = { [total, emit] in
    if done.add(1, ordering: .relaxed).newValue == total { emit.yield(.now) }
}

var bus = Bus(redis: redis, logger: logger)
for number in 0..<subscribers {
    bus.ride(try Application("app\(number)"), "nothing", on: Matcher(eventType: "email_requested")) { [count] _ in
        count()
    }
}
try await bus.subscribe()

var options = WorkerOptions()
options.concurrency = 50
let worker = Worker(
    queues: [Publisher.incoming] + (isRiding ? bus.queues : []), jobs: bus.jobs(), redis: url, on: group,
    options: options, logger: logger
) { [isRiding, count] _, event in
    switch event {
    case .success where !isRiding: count()
    case .failure(_, let error, _), .error(let error, _): print(error)
    default: break
    }
}
let begin = ContinuousClock.now
let work = Task { [worker] in try await worker.run() }
for await end in ends {
    print("\(Int(Double(events * subscribers) / ((end - begin) / .seconds(1)))) copies/s")
    break
}
work.cancel()
try await work.value
redis.close()
