import RedisClient

/// What one processor asks of Redis: to acknowledge a job, if there is one, to push the jobs that follow it, and to
/// reserve the next.
struct ReserveRequest: Sendable {
    let worker: ReservingWorker
    /// The number of the reservation.
    let number: Int
    /// The number of the reservation to acknowledge; 0 is none.
    let last: Int
    /// The jobs that follow it.
    let followUps: [Job]
    /// Whether the same was not asked before. If it was, Redis may have done it.
    let isFirst: Bool
}

/// What a worker has in each of its requests.
final class ReservingWorker: Sendable {
    let id: WorkerID
    let record: String
    let processed: String
    /// The end of its record, after the job.
    let end: [UInt8]

    init(_ id: WorkerID, _ keys: ResqueKeys) {
        self.id = id
        record = keys.worker(id.description)
        processed = keys.stat("processed:" + id.description)
        end = WorkingRecord.end(worker: id.name)
    }
}

/// The result of an attempt to reserve a job.
struct ReserveResult: Sendable {
    enum Found: Sendable {
        case reserved(Reservation)
        case nothing
        /// A job that follows the one to acknowledge leads to a key that is no queue; the text says which.
        case unfit(String)
        /// The key of a queue cannot be read; the text says why.
        case wrong(String)
    }

    let found: Found
    /// Whether the last job was not the worker's any more when it was acknowledged.
    let isLost: Bool
}

extension ResqueStore {
    /// Makes several requests in one step of Redis, in their order.
    ///
    /// - Parameter term: Of the process' lease; nil where it is not held.
    /// - Returns: A result for each.
    func reserve(
        _ requests: [ReserveRequest], from selection: QueueSelection, term: Int?
    ) async throws -> [ReserveResult] {
        let now = selection.now
        var names = [
            keys.reservations, keys.again, keys.pause, keys.pauseAll, keys.locks, keys.queues, keys.stat("processed"),
        ]
        names += now.keys
        names += now.pauses
        var arguments: [any RedisArgument] = [now.keys.count, requests.count]
        arguments += now.beginnings as [any RedisArgument]
        var followUps: [String] = []
        for request in requests {
            names.append(request.worker.record)
            names.append(request.worker.processed)
            let (queues, jobs) = pushing(request.followUps)
            arguments.append(request.worker.id.description)
            arguments.append(request.last)
            arguments.append(request.number)
            arguments.append(request.worker.end)
            arguments.append(queues.count)
            arguments += jobs
            followUps += queues
        }
        let reply = try await run(ResqueScripts.reserve, keys: names + followUps, arguments)
        guard let parts = reply.array, parts.count == requests.count * Self.partCount else {
            throw ResqueError.unexpectedReply
        }
        return try requests.enumerated().map { place, request in
            try result(of: request, parts[(place * Self.partCount)...].prefix(Self.partCount), now.names, term)
        }
    }

    /// How many elements of the reply each request has.
    private static let partCount = 5

    private func result(
        of request: ReserveRequest, _ reply: ArraySlice<RedisValue>, _ queues: [String], _ term: Int?
    ) throws -> ReserveResult {
        func part(_ place: Int) -> RedisValue { reply[reply.startIndex + place] }
        // After the first attempt it may be acknowledged already, by one whose reply was lost.
        let isLost = request.isFirst && part(1).int == 1
        func reservation(_ queue: String, _ job: [UInt8]) -> Reservation {
            let history = JobHistory(ofReservation: part(4).text ?? "", by: request.worker.id)
            return Reservation(number: request.number, queue: queue, bytes: job, history: history, term: term)
        }
        let found: ReserveResult.Found
        switch part(0).text {
        case "paused", "empty": found = .nothing
        case "unfit": found = .unfit(part(3).text ?? "")
        case "wrong": found = .wrong(part(3).text ?? "")
        case "recorded":
            let record = part(3).bytes.flatMap { WorkingRecord($0, worker: request.worker.id.name) }
            found = record.map { .reserved(reservation($0.queue, $0.job)) } ?? .nothing
        case "job":
            guard let place = part(2).int, place > 0, queues.indices.contains(place - 1), let job = part(3).bytes
            else {
                throw ResqueError.unexpectedReply
            }
            found = .reserved(reservation(queues[place - 1], job))
        default: throw ResqueError.unexpectedReply
        }
        return ReserveResult(found: found, isLost: isLost)
    }

    /// The keys and arguments that push jobs.
    func pushing(_ jobs: [Job]) -> (keys: [String], arguments: [any RedisArgument]) {
        (jobs.map { keys.queue($0.queue) }, jobs.flatMap { [$0.queue, $0.bytes] as [any RedisArgument] })
    }

    /// The record of a worker, and the history of its job.
    func record(of id: WorkerID) async throws -> (WorkingRecord?, JobHistory) {
        async let record = send("GET", keys.worker(id.description))
        async let reservation = send("HGET", keys.reservations, id.description)
        let bytes = try await record.bytes
        let history = JobHistory(ofReservation: try await reservation.text ?? "", by: id)
        return (bytes.flatMap { WorkingRecord($0, worker: id.name) ?? WorkingRecord($0, worker: nil) }, history)
    }

    /// Whether a worker still has the job of a reservation.
    func holds(_ wanted: Int, _ id: WorkerID) async throws -> Bool {
        async let record = send("EXISTS", keys.worker(id.description))
        async let reservation = send("HGET", keys.reservations, id.description)
        let number = try await reservation.text?.utf8.prefix { $0 != UInt8(ascii: " ") }
        let holder = number.flatMap { Int(Substring($0)) }
        return try await record.int == 1 && holder == wanted
    }
}
