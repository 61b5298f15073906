import BgdemoFoundations

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A recurring job, as resque-scheduler keeps it in Redis by its name:
///
///     {"class":"SendReport","queue":"low","args":["all"],"cron":"0 9 * * mon-fri Europe/Berlin","description":"…"}
public struct Schedule: Sendable {
    /// The name, by which it is changed and removed.
    public let name: String
    /// Its `cron` or `every`, as it is spelled; nil where it has neither.
    public let recurrenceText: String?
    /// The job that is enqueued each time; nil where ``problem`` says why there is none.
    public let job: Job?
    /// What it is for.
    public let text: String?
    /// Why nothing is enqueued; nil where the schedule is valid.
    public let problem: String?
    /// The environments of Rails in which it holds; nil for all.
    let environments: [String]?
    let recurrence: Recurrence?
    /// Tells whether it was changed.
    let digest: String

    /// - Parameter json: As resque-scheduler encodes it.
    init(_ name: String, json: [UInt8]) {
        self.name = name
        digest = String(FNV1a.hash(json), radix: 16)
        let members = try? JSONObject(json)
        func text(_ key: ByteString) -> String? { members?[key]?.text.flatMap { $0.isEmpty ? nil : $0 } }
        /// The text, or the first of an array of it and of options.
        func interval(_ key: ByteString) -> String? { text(key) ?? members?[key]?.elements.first?.text }
        self.text = text("description")
        environments = (text("rails_env") ?? text("env"))?.utf8
            .split { $0 == UInt8(ascii: ",") || $0 <= UInt8(ascii: " ") }.map { String(Substring($0)) }
        let (cron, every) = (interval("cron"), interval("every"))
        recurrenceText = cron ?? every.map { "every \($0)" }
        let recurrence =
            if let cron {
                CronExpression(cron).map(Recurrence.cron)
            } else {
                every.flatMap { Recurrence.seconds($0).map(Recurrence.every) }
            }
        let custom = text("custom_job_class").flatMap { $0.hasSameBytes(as: "Resque::Job") ? nil : $0 }
        let className = custom ?? text("class") ?? name
        let queue = text("queue")
        if let queue, recurrence != nil {
            job = Job(className, Self.arguments(members?["args"]), queue: queue)
        } else {
            job = nil
        }
        self.recurrence = recurrence
        problem =
            members == nil
            ? "it is not a JSON object"
            : recurrenceText == nil
                ? "it has no cron and no every"
                : recurrence == nil
                    ? "its time is not understood" : queue == nil ? "it names no queue" : nil
    }

    /// As Ruby makes an array of what is given: an object is the only argument.
    private static func arguments(_ value: JSONValue?) -> JobArguments {
        guard let value, value.kind != .null else { return JobArguments() }
        let json = value.kind == .array ? Array(value.raw) : [UInt8(ascii: "[")] + value.raw + [UInt8(ascii: "]")]
        return (try? JobArguments(json: json)) ?? JobArguments()
    }

    /// Whether it holds in an environment of Rails.
    func holds(in environment: String?) -> Bool {
        guard let environments else { return true }
        return environment.map { name in environments.contains { $0.hasSameBytes(as: name) } } ?? false
    }

    /// When it is next due.
    public var next: Date? {
        recurrence?.next(
            after: lastSecond ?? Int(Date.now.timeIntervalSince1970), at: Int(Date.now.timeIntervalSince1970)
        )
        .map { Date(timeIntervalSince1970: Double($0)) }
    }

    /// When its job was last enqueued, by any program; nil for never.
    public var lastEnqueued: Date? { lastSecond.map { Date(timeIntervalSince1970: Double($0)) } }

    /// The second at which its job was last enqueued.
    var lastSecond: Int?
}
