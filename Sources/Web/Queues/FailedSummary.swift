import BgdemoFoundations
import Resque

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a page shows of an entry.
struct FailedSummary: Sendable {
    let className: String
    let queue: String
    let exception: String
    let error: String
    let worker: String
    let failedAt: String
    let retriedAt: String?
    let arguments: String
    let isActiveJob: Bool
    let digest: String
    private let failed: FailedJob

    /// Of a backtrace.
    private static let lines = 30

    init(_ failed: FailedJob) {
        let job = failed.job.map { JobSummary($0, queue: failed.queue ?? "") }
        className = PageText.cut(job?.className ?? "not a job", 120)
        arguments = job?.arguments ?? PageText.cut(String(decoding: failed.entry.prefix(1_000), as: UTF8.self), 400)
        isActiveJob = job?.isActiveJob ?? false
        queue = PageText.cut(failed.queue ?? "", 120)
        exception = PageText.cut(failed.exception ?? "", 120)
        error = PageText.cut(failed.error ?? "", 300)
        worker = PageText.cut(failed.worker ?? "", 160)
        failedAt = PageText.cut(failed.failedAt ?? "", 40)
        retriedAt = failed.retriedAt.map { PageText.cut($0, 40) }
        digest = failed.digest
        self.failed = failed
    }

    /// When it failed; nil where the entry says it in no known form.
    var date: Date? { WorkerTime.date(failedAt) }

    /// Those of one class and one kind of error.
    var group: ByteString { ByteString("\(className)\u{0}\(exception)") }

    var searched: QueuesSearch.Entry {
        QueuesSearch.Entry(
            className: className, queue: queue, errors: [exception, error], arguments: arguments, names: [worker],
            date: date, isRetried: retriedAt != nil)
    }

    var values: TemplateValues {
        [
            "class": .text(className), "queue": .text(queue), "exception": .text(exception), "error": .text(error),
            "worker": .text(worker), "failedAt": .text(failedAt), "retriedAt": .text(retriedAt),
            "arguments": .text(arguments), "link": .text(failed.queue.map { PageFields.encode($0) }),
            "entry": .text(digest), "isActiveJob": .flag(isActiveJob),
            "time": .one(date.map(PageText.time)),
        ]
    }

    /// With what is read only for a row that is shown.
    var detailed: TemplateValues {
        let lines = failed.backtrace.prefix(Self.lines).map { PageText.cut($0, 300) }
        return values.merging(["backtrace": .text(lines.isEmpty ? nil : lines.joined(separator: "\n"))]) { $1 }
    }
}
