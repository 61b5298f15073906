import BgdemoFoundations
import BgdemoHTTPServer
import Eventr
import Logging

/// What the forms of the events' pages do: dead events are named by the digests of their bytes.
struct EventsChange {
    private let log: EventLog
    private let request: PageRequest
    private let logger: Logger

    /// The newest dead events that are acted on.
    private static let looked = 1_000

    init(_ log: EventLog, _ request: PageRequest, _ logger: Logger) {
        (self.log, self.request, self.logger) = (log, request, logger)
    }

    func response(_ path: [ByteString]) async throws -> PageResponse {
        // Percent-encoded once more: an attribute shows some characters of a name in another way.
        guard let consumer = request.form["consumer"].flatMap({ try? PercentDecoding.text($0.utf8) }) else {
            throw Problem(.badRequest, "no consumer is named")
        }
        switch path {
        case ["dead", "retry"]:
            return try await change(consumer, "retried") { try await log.retry($0, of: consumer) }
        case ["dead", "remove"]:
            return try await change(consumer, "removed") { try await log.remove($0, of: consumer) }
        case ["replay"]: return try await replay(consumer)
        default: throw Problem(.notFound, "there is no such action")
        }
    }

    private func change(
        _ consumer: String, _ done: String, _ act: (EventLog.DeadEvent) async throws -> Bool
    ) async throws -> PageResponse {
        let digests = request.form.all("entry").map { ByteString($0) }
        var left = digests.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        guard !digests.isEmpty else { throw Problem(.badRequest, "no event is selected") }
        var changed = 0
        for start in stride(from: 0, to: Self.looked, by: 100) {
            let dead = try await log.dead(of: consumer, newest: (start - changed)..<(start - changed + 100))
            for entry in dead {
                guard let count = left[ByteString(entry.digest)], count > 0 else { continue }
                left[ByteString(entry.digest)] = count - 1
                if try await act(entry) { changed += 1 }
            }
            guard dead.count == 100, changed < digests.count else { break }
        }
        logger.info(
            "Dead events were \(done) on the page",
            metadata: [
                "consumer": "\(printable(consumer, limit: 100))",
                "entries": "\(digests.sorted().prefix(20).map { printable($0, limit: 40) }.joined(separator: " "))",
                "done": "\(changed)",
                "by": "\(request.user)",
            ])
        guard changed > 0 else {
            throw Problem(.conflict, "somebody was faster: no such dead event is there any more")
        }
        return .redirect(
            "/events/consumer/\(PageFields.encode(consumer))?\(done)=\(changed)&gone=\(max(0, digests.count - changed))"
        )
    }

    private func replay(_ consumer: String) async throws -> PageResponse {
        let start: EventLog.Start
        switch request.form["start"].map({ ByteString($0) }) {
        case "beginning": start = .beginning
        case "end": start = .end
        case let text?:
            guard let number = Int(text.text), number >= 0 else { fallthrough }
            start = .partition(number)
        default:
            throw Problem(.badRequest, "start is not a place in the log", advice: "start=beginning, end or a partition")
        }
        let replay = try await log.replay(consumer, from: start)
        logger.info(
            "A consumer was replayed on the page",
            metadata: [
                "consumer": "\(printable(consumer, limit: 100))", "partition": "\(replay.partition)",
                "events": "\(replay.events)", "skipped": "\(replay.skipped)", "by": "\(request.user)",
            ])
        return .redirect("/events/consumer/\(PageFields.encode(consumer))?replayed=\(replay.events)")
    }
}
