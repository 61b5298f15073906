import Eventr
import Logging
import NIOPosix
import RedisClient
import Synchronization

// bgdemo-eventr-bench consume URL NAME EVENTS: consumes the log under a name with two empty handlers, and prints how many
// events it handled per second.
// bgdemo-eventr-bench wake URL NAME EVENTS: writes events one by one to an idle consumer, and prints how long each took.
// bgdemo-eventr-bench paced URL NAME EVENTS: writes 1,000 events a second, and prints how long after it was due each came.

let arguments = CommandLine.arguments
guard arguments.count == 5, let count = Int(arguments[4]), count > 0 else {
    fatalError("usage: bgdemo-eventr-bench consume|wake|paced redis://127.0.0.1:6379 name 1000000")
}
let url = try RedisURL(arguments[2])
let group = MultiThreadedEventLoopGroup.singleton
let logger = Logger(label: "bgdemo-eventr-bench")
let isTimed = arguments[1] != "consume"
let handled = Atomic(0)
let (moments, emit) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)

let counter = EventHandler("count") { [count, isTimed, emit] _ in
    let number = handled.add(1, ordering: .relaxed).newValue
    if isTimed || number == 1 || number == count { emit.yield(.now) }
}
var options = ConsumerOptions()
options.log.isCluster = url.isCluster
let consumer = Consumer(
    name: arguments[3], handlers: [counter, EventHandler("nothing") { _ in }], redis: url, on: group, options: options,
    logger: logger
) { if case .error(_, _, let error) = $0 { print(error) } }
let work = Task { [consumer] in try await consumer.run() }
switch arguments[1] {
case "wake": print(try await wake())
case "paced": print(try await paced())
default: print(await consume())
}
work.cancel()
try await work.value

func consume() async -> String {
    var moments = moments.makeAsyncIterator()
    guard let first = await moments.next(), let last = await moments.next() else { return "no event came" }
    return "\(Int(Double(count) / ((last - first) / .seconds(1)))) events/s"
}

func wake() async throws -> String {
    let producer = Producer(name: "bench", redis: RedisConnection(url, on: group.next(), logger: logger))
    var moments = moments.makeAsyncIterator()
    var waits: [Double] = []
    for _ in 0..<count {
        // Long enough for the consumer to be idle again.
        try await Task.sleep(for: .milliseconds(20))
        let begin = ContinuousClock.now
        try await producer.write(json: #"{"eventName":"wake"}"#)
        if let moment = await moments.next() { waits.append((moment - begin) / .milliseconds(1)) }
    }
    return percentiles(of: waits)
}

func paced() async throws -> String {
    let producer = Producer(name: "bench", redis: RedisConnection(url, on: group.next(), logger: logger))
    // The consumer is idle, and not just starting.
    try await Task.sleep(for: .seconds(1))
    let begin = ContinuousClock.now
    async let written: Void = {
        for number in 0..<count {
            try await Task.sleep(until: begin + .milliseconds(number), tolerance: .zero, clock: .continuous)
            try await producer.write(json: #"{"eventName":"paced"}"#)
        }
    }()
    var waits: [Double] = []
    for await moment in moments {
        waits.append((moment - (begin + .milliseconds(waits.count))) / .milliseconds(1))
        if waits.count == count { break }
    }
    try await written
    return percentiles(of: waits)
}

func percentiles(of waits: [Double]) -> String {
    let sorted = waits.sorted()
    return "\(sorted[count / 2]) \(sorted[count * 99 / 100]) ms"
}
