package import BgdemoCore
import BgdemoFoundations
import BgdemoSystemCompat
import Dispatch

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The keys of a day, in the file `keys` of the spool, which outlives web servers and masters: a line of JSON for each request
/// and each answer. Web servers that work at the same time, while one replaces the other, read what the other has appended.
/// The file is compacted as it grows.
package final class FileIdempotencyStore: IdempotencyStore {
    private let queue = DispatchQueue(label: "bgdemo.keys")
    private let file: KeyFile
    private let longestRequest: Duration

    /// - Parameters:
    ///   - longestRequest: Default: 20 s.
    ///   - compaction: The file is compacted once it has so many bytes, and twice as many as after the last time.
    ///     Default: 32 MiB.
    /// - Throws: ``SpoolError`` where the file can't be used.
    package init(
        _ directory: String, longestRequest: Duration = IdempotencyRecord.longestRequest, compaction: Int = 32 << 20
    ) throws(SpoolError) {
        self.longestRequest = longestRequest
        do {
            file = try KeyFile(FilePath(directory).appending("keys"), compaction: compaction)
        } catch {
            throw SpoolError(description: "can't keep Idempotency-Keys in \(directory): \(error)")
        }
    }

    /// Removes what is older than a day. To be called by the master, before it has a web server.
    package static func compact(_ directory: String) throws {
        try KeyFile(FilePath(directory).appending("keys")).compact()
    }

    package func begin(_ key: String, _ request: IdempotencyRecord) async throws(AcceptError) -> IdempotencyState {
        let limit = longestRequest.milliseconds
        return try await perform { keys in
            let now = KeyLine.now
            if let line = keys.line(of: key), line.isValid(at: now) {
                switch line.kind {
                case .answer: return .answered(line.record)
                case .request where now - line.at < limit: return .pending(line.record)
                case .request:
                    try keys.append(KeyLine(at: now, key: key, kind: .request, record: line.record))
                    return .abandoned(line.record)
                case .nothing: break
                }
            }
            try keys.append(KeyLine(at: now, key: key, kind: .request, record: request))
            return .first
        }
    }

    package func finish(_ key: String, _ answer: IdempotencyRecord) async throws(AcceptError) {
        try await perform { keys in
            try keys.append(KeyLine(at: KeyLine.now, key: key, kind: .answer, record: answer))
        }
    }

    package func forget(_ key: String, _ request: IdempotencyRecord) async throws(AcceptError) {
        try await perform { keys in
            try keys.append(KeyLine(at: KeyLine.now, key: key, kind: .nothing, record: request))
        }
    }

    /// Runs on a thread on which files may block.
    private func perform<Result: Sendable>(
        _ body: @escaping @Sendable (inout Keys) throws -> Result
    ) async throws(AcceptError) -> Result {
        let result: Swift.Result<Result, AcceptError> = await withCheckedContinuation { continuation in
            queue.async { [file] in
                do {
                    continuation.resume(returning: .success(try file.withKeys(body)))
                } catch {
                    let reason = "the keys in the spool can't be read or written: \(error)"
                    continuation.resume(returning: .failure(.unavailable(reason, retryAfter: .seconds(5))))
                }
            }
        }
        return try result.get()
    }
}
