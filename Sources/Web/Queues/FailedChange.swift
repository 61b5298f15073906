import BgdemoFoundations
import BgdemoHTTPServer
import Logging
import Resque

/// Retries or removes the failed jobs that a form names by the digests of their bytes: one, a selection or a group.
struct FailedChange {
    private let queue: Queue
    private let request: PageRequest
    private let logger: Logger
    /// How many entries of the same bytes are meant, by their digest.
    private let chosen: [ByteString: Int]

    init(_ queue: Queue, _ request: PageRequest, _ logger: Logger) throws(Problem) {
        (self.queue, self.request, self.logger) = (queue, request, logger)
        let named = request.form.all("entry") + request.form.all("entries")
        let digests = named.flatMap { $0.utf8.split(separator: UInt8(ascii: " ")) }.map { ByteString($0) }
        chosen = digests.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        guard !digests.isEmpty else { throw Problem(.badRequest, "no job is selected") }
        guard digests.count <= QueuesSearch.looked else {
            throw Problem(.badRequest, "\(QueuesSearch.looked) jobs at a time are the limit here")
        }
    }

    func retry() async throws -> PageResponse {
        try await change("retried") { try await queue.retry($0) }
    }

    func remove() async throws -> PageResponse {
        try await change("removed") { try await queue.remove($0) }
    }

    /// - Parameter act: False where the entry was not there any more.
    private func change(_ done: String, _ act: (FailedJob) async throws -> Bool) async throws -> PageResponse {
        let found = try await named()
        let count = chosen.values.reduce(0, +)
        var changed = 0
        var isUnusable = false
        for failed in found {
            if try await act(failed) {
                changed += 1
            } else if failed.queue == nil || failed.job == nil {
                isUnusable = true
            }
        }
        logger.info(
            "Failed jobs were \(done) on the page",
            metadata: [
                "entries": "\(chosen.keys.sorted().prefix(20).map { printable($0, limit: 40) }.joined(separator: " "))",
                "done": "\(changed)",
                "by": "\(request.user)",
            ])
        guard changed > 0 || !isUnusable else {
            throw Problem(.badRequest, "an entry that names no queue or no job can only be removed")
        }
        guard changed > 0 else {
            throw Problem(.conflict, "somebody was faster: no such failed job is there any more")
        }
        let search = request.form["back"].map { "q=\(PageFields.encode($0))&" } ?? ""
        return .redirect("/queues/failed?\(search)\(done)=\(changed)&gone=\(max(0, count - changed))")
    }

    /// Looks at the newest entries first, which pages show, and at all of them only where some are not among those.
    private func named() async throws -> [FailedJob] {
        let found = Self.take(chosen, from: try await FailedPage.newest(queue))
        let counts = found.reduce(into: [ByteString: Int]()) { $0[ByteString($1.digest), default: 0] += 1 }
        let missing = chosen.filter { counts[$0.key] != $0.value }
        guard !missing.isEmpty else { return found }
        let all = try await queue.failed(digests: missing.keys.map(\.text))
        return found.filter { missing[ByteString($0.digest)] == nil } + Self.take(missing, from: all)
    }

    /// As many of the entries as are meant of each.
    private static func take(_ counts: [ByteString: Int], from entries: [FailedJob]) -> [FailedJob] {
        var counts = counts
        return entries.filter { entry in
            guard let left = counts[ByteString(entry.digest)], left > 0 else { return false }
            counts[ByteString(entry.digest)] = left - 1
            return true
        }
    }
}
