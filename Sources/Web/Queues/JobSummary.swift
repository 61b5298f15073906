import Resque

/// What a page shows of a job's bytes. A job of ActiveJob is shown as the Rails job inside.
struct JobSummary: Sendable {
    let className: String
    let arguments: String
    let isActiveJob: Bool

    private static let longest = 400

    init(_ bytes: [UInt8], queue: String) {
        guard let job = try? Job(bytes, from: queue) else {
            (className, isActiveJob) = ("not a job", false)
            arguments = PageText.cut(String(decoding: bytes.prefix(Self.longest * 4), as: UTF8.self), Self.longest)
            return
        }
        className = job.shownClass
        isActiveJob = job.activeJobClass != nil
        arguments = Self.shown(
            isActiveJob ? (try? ActiveJob(job))?.arguments.json ?? job.arguments.json : job.arguments.json)
    }

    private static func shown(_ json: [UInt8]) -> String {
        PageText.cut(String(decoding: json.prefix(longest * 4), as: UTF8.self), longest)
    }

    var searched: QueuesSearch.Entry { QueuesSearch.Entry(className: className, arguments: arguments) }

    var values: TemplateValues {
        [
            "class": .text(PageText.cut(className, 120)), "arguments": .text(arguments),
            "isActiveJob": .flag(isActiveJob),
        ]
    }
}
