package import RedisClient
import Synchronization

extension Consumer {
    /// Handles all that is there to handle, and returns what happened.
    package static func drain(
        _ name: String, _ handlers: [EventHandler], redis: any RedisCommands, options: ConsumerOptions
    ) async -> [ConsumerEvent] {
        let events = Mutex<[ConsumerEvent]>([])
        let session = ConsumerSession(
            name: name, handlers: handlers, store: EventStore(redis: redis, options: options.log), options: options
        ) { event in
            events.withLock { $0.append(event) }
        }
        await session.drain()
        return events.withLock { $0 }
    }
}
