import BgdemoFoundations
import Resque

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Who works, on what, and since when; those that are silent are shown as dead.
struct WorkersPage {
    private let queue: Queue

    private static let most = 200
    /// A worker with a heartbeat says that it lives once a minute.
    private static let silence = 300.0

    init(_ queue: Queue) {
        self.queue = queue
    }

    func page() async throws -> QueuesPages.Page {
        let workers = try await queue.workers()
        let now = Date.now
        // Who works comes first: the page is opened for them.
        let shown = workers.filter { $0.working != nil } + workers.filter { $0.working == nil }
        return QueuesPages.Page(
            title: "Workers", template: "queues-workers",
            values: [
                "total": .int(workers.count), "working": .int(workers.count { $0.working != nil }),
                "rows": .list(shown.prefix(Self.most).map { row($0, now) }),
                "hidden": workers.count > Self.most ? .int(workers.count - Self.most) : .none,
            ])
    }

    private func row(_ worker: Queue.RegisteredWorker, _ now: Date) -> TemplateValues {
        let parts = worker.id.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 2).map { String(Substring($0)) }
        let seen = worker.heartbeat.flatMap(Self.date)
        let isDead = seen.map { now.timeIntervalSince($0) > Self.silence } ?? false
        let runAt = worker.working?.runAt.flatMap(Self.date)
        let state = isDead ? "dead" : worker.working == nil ? "ok" : "waiting"
        var values: TemplateValues = [
            "host": .text(PageText.cut(parts.prefix(2).joined(separator: ":"), 120)),
            "queues": .text(PageText.cut(parts.count > 2 ? parts[2] : "", 160)), "state": .text(state),
            "word": .text(isDead ? "silent" : worker.working == nil ? "idle" : "working"),
            "heartbeat": .one(seen.map(PageText.time)),
        ]
        if let working = worker.working {
            values.merge(JobSummary(working.job, queue: working.queue).values) { $1 }
            values["queue"] = .text(PageText.cut(working.queue, 120))
            values["since"] = .text(runAt.map { PageText.duration(now.timeIntervalSince($0)) })
        }
        return values
    }

    /// ISO 8601, or nil: other programs may write another form.
    private static func date(_ text: String) -> Date? {
        guard text.utf8.count < 40 else { return nil }
        return (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}
