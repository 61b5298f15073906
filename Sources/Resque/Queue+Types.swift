import BgdemoFoundations
import RedisClient

extension Queue {
    /// Looks whether the keys that all queues and workers share have the types that all programs give them. A list of a queue
    /// with another type is a fault of that queue alone.
    ///
    /// - Throws: ``ResqueError`` that names the first key with another type, or where Redis does not answer.
    public func checkTypes() async throws(ResqueError) {
        let keys = store.keys
        let types = [
            (keys.queues, "set"), (keys.workers, "set"), (keys.heartbeat, "hash"), (keys.failed, "list"),
            (keys.schedule, "zset"), (keys.pause, "string"), (keys.processes, "hash"), (keys.reservations, "hash"),
            (keys.again, "hash"), (keys.locks, "hash"),
        ]
        let replies = try await store.pipeline(types.map { ["TYPE", $0.0] })
        for ((key, type), reply) in zip(types, replies) {
            let found: String
            do throws(RedisError) {
                found = try reply.get().text ?? ""
            } catch {
                throw ResqueError(error)
            }
            guard !found.hasSameBytes(as: type), !found.hasSameBytes(as: "none") else { continue }
            throw ResqueError(
                .unexpectedType,
                "the key \(key) is a \(found) and has to be a \(type): another program uses it; move it away")
        }
    }
}
