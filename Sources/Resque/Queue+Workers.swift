import BgdemoFoundations
import RedisClient

/// The workers of all programs.
extension Queue {
    /// A worker of any program.
    public struct RegisteredWorker: Sendable, Hashable {
        /// `<host>:<pid>:<queues>`.
        public let id: String
        /// When it was started, as its program writes times.
        public let started: String?
        /// Its last heartbeat (ISO 8601); nil for a program that writes none.
        public let heartbeat: String?
        /// What it is working on; nil while it is idle.
        public let working: Working?
        /// Whether its process takes no jobs; see ``WorkerControl``. False for a worker of another program.
        public let isPaused: Bool
    }

    /// What a worker is working on.
    public struct Working: Sendable, Hashable {
        /// The queue that the job was in, without the namespace.
        public let queue: String
        /// When it began, as its program writes times; ISO 8601 by this library and Ruby.
        public let runAt: String?
        /// The job's bytes.
        public let job: [UInt8]
        /// The job's name among all jobs, for ``Queue/cancel(_:)``; nil where the worker is not of this library.
        public internal(set) var id: String?
        /// How much of it is done, 0 to 1, as the job says by ``JobContext/report(_:)``; nil where it says nothing.
        public internal(set) var progress: Double?
    }

    /// All workers that are registered, and those that have a job beside the one that is registered for their process (see
    /// ``WorkerOptions/registersEachProcessor``); sorted by their ids.
    ///
    /// - Throws: ``ResqueError``.
    public func workers() async throws(ResqueError) -> [RegisteredWorker] {
        let workers = try await store.workers()
        let ids = workers.map(\.description)
        guard !ids.isEmpty else { return [] }
        let heartbeats = try await store.send(["HMGET", store.keys.heartbeat] + ids.map { $0 })
        let started = try await store.send(["MGET"] + ids.map { store.keys.started($0) })
        let records = try await store.send(["MGET"] + ids.map { store.keys.worker($0) })
        let turns = try await store.send(["HMGET", store.keys.reservations] + ids.map { $0 })
        let progress = try await store.send(["MGET"] + ids.map { store.keys.progress(of: $0) })
        let processes = try await store.processes()
        return ids.indices.map { place in
            var working = records[place]?.bytes.flatMap { Working($0, worker: ids[place]) }
            if let turn = turns[place]?.text { working?.add(turn, of: ids[place], progress[place]?.text) }
            return RegisteredWorker(
                id: ids[place], started: started[place]?.text, heartbeat: heartbeats[place]?.text, working: working,
                isPaused: processes[ByteString(workers[place].process)]?.identity.isPaused == true)
        }
    }

    /// Those of the workers that have a job.
    ///
    /// - Throws: ``ResqueError``.
    public func working() async throws(ResqueError) -> [RegisteredWorker] {
        try await workers().filter { $0.working != nil }
    }
}

extension Queue.Working {
    /// - Parameters:
    ///   - turn: The worker's, in `swift:turns`.
    ///   - progress: `<number of the reservation> <fraction>`.
    fileprivate mutating func add(_ turn: String, of worker: String, _ progress: String?) {
        id = JobHistory(ofReservation: turn, by: WorkerID(worker)).identity
        let words = progress?.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1).map { Substring($0) } ?? []
        let number = Substring(turn.utf8.prefix { $0 != UInt8(ascii: " ") })
        // That of another job is left from before.
        guard words.count == 2, words[0].hasSameBytes(as: number), let fraction = Double(words[1]),
            (0...1).contains(fraction)
        else { return }
        self.progress = fraction
    }

    fileprivate init?(_ bytes: [UInt8], worker: String) {
        guard let record = WorkingRecord(bytes, worker: nil) ?? WorkingRecord(bytes, worker: WorkerID(worker).name)
        else {
            return nil
        }
        queue = record.queue
        job = record.job
        runAt = try? JSONObject(bytes, limits: .redisBytes)["run_at"]?.text
    }
}
