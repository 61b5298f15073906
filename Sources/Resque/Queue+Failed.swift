import BgdemoFoundations
import RedisClient

/// Jobs that failed and are not retried by themselves.
///
/// They are in the list `failed`, and where Ruby's `RedisMultiQueue` is in use in lists `<queue>_failed` as well.
extension Queue {
    /// How many failed jobs there are.
    ///
    /// - Throws: ``ResqueError``.
    public func failedCount() async throws(ResqueError) -> Int {
        try await failedLengths().reduce(0) { $0 + $1.length }
    }

    /// The failed jobs at these places, the oldest at 0; those of the list `failed` come first.
    ///
    /// - Throws: ``ResqueError``.
    public func failed(_ places: Range<Int> = 0..<100) async throws(ResqueError) -> [FailedJob] {
        var found: [FailedJob] = []
        var first = 0
        for (list, length) in try await failedLengths() {
            let part = places.clamped(to: first..<(first + length))
            if !part.isEmpty {
                found += try await failed(in: list, (part.lowerBound - first)..<(part.upperBound - first))
            }
            first += length
        }
        return found
    }

    /// The failed jobs with these digests; see ``FailedJob/digest``.
    ///
    /// - Throws: ``ResqueError``.
    public func failed(digests: [String]) async throws(ResqueError) -> [FailedJob] {
        let digests = Set(digests.map { ByteString($0) })
        var found: [FailedJob] = []
        for (list, length) in try await failedLengths() {
            var (start, count) = (0, 500)
            while start < length {
                let entries = try await entries(of: list, from: start, &count)
                guard !entries.isEmpty else { break }
                start += entries.count
                // By its bytes, before an entry is parsed: there may be many.
                found += entries.filter { digests.contains(ByteString(FailedJob.digest(of: $0))) }
                    .map { FailedJob($0, list: list) }
            }
        }
        return found
    }

    private func failed(in list: String, _ places: Range<Int>) async throws(ResqueError) -> [FailedJob] {
        var found: [FailedJob] = []
        var count = places.count
        while found.count < places.count {
            count = min(count, places.count - found.count)
            let entries = try await entries(of: list, from: places.lowerBound + found.count, &count)
            guard !entries.isEmpty else { break }
            found += entries.map { FailedJob($0, list: list) }
        }
        return found
    }

    /// The entries of a list from a place on.
    ///
    /// - Parameter count: At most so many. It is halved until the reply is not too long for the connection.
    private func entries(of list: String, from start: Int, _ count: inout Int) async throws(ResqueError) -> [[UInt8]] {
        while true {
            do throws(ResqueError) {
                return try await store.send("LRANGE", store.keys.prefix + list, start, start + count - 1).list
            } catch {
                guard case .protocolViolation = error.redisError, count > 1 else { throw error }
                count /= 2
            }
        }
    }

    /// The names of the lists of failed jobs, and how long they are.
    private func failedLengths() async throws(ResqueError) -> [(list: String, length: Int)] {
        let others = try await store.send("SMEMBERS", store.keys.failedLists).texts.sortedByBytes()
        let lists = ["failed"] + others.filter { !$0.hasSameBytes(as: "failed") }
        let replies = try await store.pipeline(lists.map { ["LLEN", store.keys.prefix + $0] })
        return zip(lists, replies).map { ($0, $1.count) }
    }

    /// Moves a failed job to the end of its queue, with the bytes it had.
    ///
    /// - Returns: False where it is not there any more, or its entry does not name its queue and its job.
    /// - Throws: ``ResqueError``.
    public func retry(_ failed: FailedJob) async throws(ResqueError) -> Bool {
        guard let queue = failed.queue, let job = failed.job else { return false }
        let reply = try await store.run(
            ResqueScripts.requeue,
            keys: [store.keys.prefix + failed.list, store.keys.queues, store.keys.queue(queue)],
            [failed.entry, queue, job])
        return reply.int == 1
    }

    /// Moves all failed jobs to their queues; those that were retried from Ruby's web page, which keeps them, stay.
    ///
    /// - Returns: How many were moved.
    /// - Throws: ``ResqueError``.
    @discardableResult
    public func retryFailed() async throws(ResqueError) -> Int {
        var moved = 0
        for (list, length) in try await failedLengths() {
            var (place, left, count) = (0, length, 100)
            while left > 0 {
                count = min(count, left)
                let batch = try await entries(of: list, from: place, &count).map { FailedJob($0, list: list) }
                guard !batch.isEmpty else { break }
                for failed in batch {
                    if failed.retriedAt == nil, try await retry(failed) { moved += 1 } else { place += 1 }
                }
                left -= batch.count
            }
        }
        return moved
    }

    /// Removes a failed job. False where it is not there any more.
    ///
    /// - Throws: ``ResqueError``.
    @discardableResult
    public func remove(_ failed: FailedJob) async throws(ResqueError) -> Bool {
        try await store.send("LREM", store.keys.prefix + failed.list, "1", failed.entry).int == 1
    }

    /// Removes all failed jobs.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``ResqueError``.
    @discardableResult
    public func clearFailed() async throws(ResqueError) -> Int {
        let lists = try await failedLengths().map { store.keys.prefix + $0.list }
        return try await store.run(ResqueScripts.clear, keys: lists, []).count
    }
}

/// An entry of `failed`, by any program. What an entry does not say is nil.
public struct FailedJob: Sendable, Hashable {
    /// The whole entry, as it is in Redis.
    public let entry: [UInt8]
    /// `2026/11/23 15:19:23 UTC` by Ruby and this library.
    public private(set) var failedAt: String?
    /// What kind of error it was.
    public private(set) var exception: String?
    /// The error's text.
    public private(set) var error: String?
    /// The id of the worker that performed it.
    public private(set) var worker: String?
    /// The queue that the job was in, without the namespace.
    public private(set) var queue: String?
    /// When it was retried from Ruby's web page, which leaves it in the list.
    public private(set) var retriedAt: String?
    /// The bytes of the job, as they were in its queue, JSON or not.
    public private(set) var job: [UInt8]?

    /// The name of the list that it is in, without the namespace.
    public let list: String

    /// A short name of the entry, ten hexadecimal digits: it stays the same when the places in the list change.
    public var digest: String { Self.digest(of: entry) }

    static func digest(of entry: [UInt8]) -> String {
        let digits = String(FNV1a.hash(entry), radix: 16)
        return String((String(repeating: "0", count: 16 - digits.utf8.count) + digits).prefix(10))
    }

    /// Where it failed, the innermost place first; empty where its program wrote no list. Read from ``entry`` each time.
    public var backtrace: [String] {
        (try? JSONObject(entry, limits: .redisBytes))?["backtrace"]?.elements.compactMap(\.text) ?? []
    }

    /// The job with its queue, class and arguments; nil where the entry does not name its queue, or has no job.
    public var parsedJob: Job? {
        guard let queue, let job else { return nil }
        return try? Job(job, from: queue)
    }

    /// Where the entry is not JSON, it says nothing.
    init(_ entry: [UInt8], list: String = "failed") {
        (self.entry, self.list) = (entry, list)
        guard let object = try? JSONObject(entry, limits: .redisBytes) else { return }
        failedAt = object["failed_at"]?.text
        exception = object["exception"]?.text
        error = object["error"]?.text
        worker = object["worker"]?.text
        queue = object["queue"]?.text
        retriedAt = object["retried_at"]?.text
        if let payload = object["payload"], payload.kind == .object,
            let original = (try? Job(Array(payload.raw), from: "")).flatMap(UnreadableJob.original)
        {
            job = original
            return
        }
        // A payload that is a string is what was in the queue instead of a job; earlier versions wrote it so.
        if let text = object["payload"]?.text {
            job = object["encoding"]?.isString("latin1") == true ? text.latin1 : Array(text.utf8)
        } else {
            job = object["payload"].map { Array($0.raw) }
        }
    }
}

extension FailedJob: CustomStringConvertible {
    /// `2026/11/23 15:19:23 UTC emailQueue sendEmail >> RuntimeError: boom`, fit for a terminal; what is not known is left out.
    public var description: String {
        let place = [failedAt, queue, parsedJob?.className].compactMap { $0.map { printable($0, limit: 100) } }
        let reason = [exception, error].compactMap { $0.map { printable($0, limit: 500) } }
        return place.joined(separator: " ") + " >> " + reason.joined(separator: ": ")
    }
}
