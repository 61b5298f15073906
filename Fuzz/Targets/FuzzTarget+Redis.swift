import BgdemoFoundations

@testable import BgdemoPubSub
@testable import Eventr
@testable import QueueBus
@testable import RedisClient
@testable import Resque

extension FuzzTarget {
    /// What stands in Resque's keys.
    static func job(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let job = try? Job(bytes, from: "queue") {
            precondition(job.bytes == bytes)
            let delayed = try? Job(job.delayed, from: "queue")
            precondition(delayed?.className.hasSameBytes(as: job.className) == true, "a delayed job of another class")
            precondition(delayed?.arguments.json == job.arguments.json, "a delayed job with other arguments")
            _ = try? job.arguments.decode(String.self)
            _ = try? job.arguments.decode([String: Int].self, Double?.self)
            _ = (try? job.arguments.onlyString(), job.description)
            if let rails = try? ActiveJob(job) {
                _ = rails.arguments
                let next = try? ActiveJob(rails.next(after: ["StandardError"], delay: .seconds(1)))
                precondition(next?.executions == min(rails.executions + 1, 1_000_000), "an attempt that does not count")
            }
        }
        _ = FailedJob(bytes)
        let id = WorkerID(text)
        _ = (id.queues, id.process)
        let history = JobHistory(ofReservation: text, by: id)
        precondition(history.failures >= 0 && history.crashCount >= 0)
        _ = WorkingRecord(bytes, worker: "worker")
        _ = RedisReplyError(text).description
    }

    /// What stands in the keys of the buses, and what comes over channels.
    static func event(_ bytes: [UInt8]) {
        if var event = try? BusEvent(json: bytes) {
            _ = (event.type, event.id, event.names.map { event[$0] })
            let json = event.json
            precondition((try? BusEvent(json: json))?.json == json, "written and read as another")
            event.set("bus_id", "1")
            precondition((try? BusEvent(json: event.json))?.id == "1")
            if let subscription = Subscription(json: bytes) {
                _ = (subscription.matcher.matches(event), subscription.matcher.description)
            }
        }
        _ = EventRetry(String(decoding: bytes, as: UTF8.self))
        _ = Event(bytes, partition: 0, index: 0).name
        _ = try? PubSubMessage.email(bytes)
    }
}
