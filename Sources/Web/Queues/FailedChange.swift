import BgdemoFoundations
import BgdemoHTTPServer
import Logging
import Resque

/// Retries or removes the failed jobs that a form names by the digests of their bytes: one, a selection or a group.
struct FailedChange {
    private let queue: Queue
    private let request: PageRequest
    private let logger: Logger
    private let digests: Set<ByteString>

    init(_ queue: Queue, _ request: PageRequest, _ logger: Logger) throws(Problem) {
        (self.queue, self.request, self.logger) = (queue, request, logger)
        let named = request.form.all("entry") + request.form.all("entries")
        digests = Set(named.flatMap { $0.utf8.split(separator: UInt8(ascii: " ")) }.map { ByteString($0) })
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
                "entries": "\(digests.sorted().prefix(20).map { printable($0, limit: 40) }.joined(separator: " "))",
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
        return .redirect("/queues/failed?\(search)\(done)=\(changed)&gone=\(max(0, digests.count - changed))")
    }

    /// Looks at the newest entries first, which pages show, and at all of them only where some are not among those.
    private func named() async throws -> [FailedJob] {
        let found = try await FailedPage.newest(queue).filter { digests.contains(ByteString($0.digest)) }
        let missing = digests.subtracting(found.map { ByteString($0.digest) })
        return missing.isEmpty ? found : found + (try await queue.failed(digests: missing.map(\.text)))
    }
}
