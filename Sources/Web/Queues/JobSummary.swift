import BgdemoFoundations
import Resque

/// What a page shows of a job's bytes. A job of ActiveJob is shown as the job inside, whatever wraps it.
struct JobSummary: Sendable {
    let className: String
    let arguments: String
    let isActiveJob: Bool

    private static let longest = 400
    private static let wrappers: [ByteString] = [
        "ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper", "JobWrapper",
    ]

    init(_ bytes: [UInt8], queue: String) {
        guard let job = try? Job(bytes, from: queue) else {
            (className, isActiveJob) = ("not a job", false)
            arguments = PageText.cut(String(decoding: bytes.prefix(Self.longest * 4), as: UTF8.self), Self.longest)
            return
        }
        if Self.wrappers.contains(ByteString(job.className)), let inner = Self.inner(job.arguments.json) {
            (className, isActiveJob) = (inner.name, true)
            arguments = Self.shown(inner.arguments)
        } else {
            (className, isActiveJob) = (job.className, false)
            arguments = Self.shown(job.arguments.json)
        }
    }

    /// The first argument's `job_class` and `arguments`.
    private static func inner(_ arguments: [UInt8]) -> (name: String, arguments: [UInt8])? {
        var reader = JSONReader(arguments)
        guard (try? reader.beginArray()) != nil, let first = try? reader.nextElement(), first.kind == .object,
            let object = try? JSONObject(Array(first.raw)), let name = object["job_class"]?.text
        else { return nil }
        return (name, object["arguments"].map { Array($0.raw) } ?? [])
    }

    private static func shown(_ json: [UInt8]) -> String {
        PageText.cut(String(decoding: json.prefix(longest * 4), as: UTF8.self), longest)
    }

    var values: TemplateValues {
        [
            "class": .text(PageText.cut(className, 120)), "arguments": .text(arguments),
            "isActiveJob": .flag(isActiveJob),
        ]
    }
}
