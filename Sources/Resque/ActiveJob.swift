import BgdemoFoundations

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A job of Rails' ActiveJob in a queue of Resque: a job of the class ``wrapper`` with one argument, which names the class
/// of the Rails job (`ActiveJob::QueueAdapters::ResqueAdapter`).
///
/// Rails and Swift may perform the attempts of one job by turns: how often it was performed is in the job itself.
public struct ActiveJob: Sendable {
    /// The `class` of the jobs of Resque that carry Rails jobs.
    public static let wrapper = "ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper"

    /// The job of Resque that carries it.
    public let job: Job
    /// The class of the Rails job, such as `SendEmailJob`.
    public let jobClass: String
    /// Rails' id of the job, which all its attempts share.
    public let id: String
    /// Rails' priority, which Resque does not regard.
    public let priority: Int?
    /// How often it was performed before.
    public let executions: Int
    /// How often it failed, by the list of errors that Rails retries together: `["[Timeout::Error]": 2]`.
    let exceptionExecutions: [ByteString: Int]
    /// The locale in which it is performed.
    public let locale: String?
    /// The time zone in which it is performed.
    public let timeZone: String?
    /// When it was pushed to its queue.
    public let enqueuedAt: Date?
    /// When it is to be performed; nil for at once, and by a Rails before 7.1.
    public let scheduledAt: Date?
    /// Its arguments.
    public let values: [ActiveJobValue]

    /// As deep as JSON may be in Ruby.
    private static let limits = {
        var limits = JSONReader.Limits()
        limits.depth = 100
        return limits
    }()

    /// The Rails job that a job of Resque carries. All but the class and the arguments may be missing.
    ///
    /// - Throws: ``InvalidJobArguments`` where it carries none.
    public init(_ job: Job) throws(InvalidJobArguments) {
        let object = try Self.members(of: job)
        guard let jobClass = object["job_class"]?.text else {
            throw InvalidJobArguments("the Rails job does not name its class")
        }
        (self.job, self.jobClass) = (job, jobClass)
        id = object["job_id"]?.text ?? ""
        priority = object["priority"]?.int
        executions = Self.count(object["executions"])
        exceptionExecutions = Dictionary(
            (object["exception_executions"]?.members ?? []).map {
                (ByteString($0.name.characters ?? []), Self.count($0.value))
            }
        ) { $1 }
        locale = object["locale"]?.text
        timeZone = object["timezone"]?.text
        enqueuedAt = object["enqueued_at"]?.text.flatMap { Date(railsTime: $0) }
        scheduledAt = object["scheduled_at"]?.text.flatMap { Date(railsTime: $0) }
        var values: [ActiveJobValue] = []
        for element in object["arguments"]?.elements ?? [] { values.append(try ActiveJobValue(element)) }
        self.values = values
    }

    /// The arguments as plain JSON, to be decoded: see ``JobArguments/decode(_:)``. A hash of any kind is an object; a
    /// symbol, GlobalID, time, date, decimal and module is a string; a duration is its seconds.
    public var arguments: JobArguments {
        var json = JSONWriter()
        json.array { json in for value in values { value.writePlain(into: &json) } }
        return (try? JobArguments(json: json.bytes)) ?? JobArguments()
    }

    /// How often it failed by one of these errors, which a `retry_on` of Rails lists together.
    public func failures(of exceptions: [String]) -> Int { exceptionExecutions[Self.key(exceptions)] ?? 0 }

    /// As Ruby's `Array#to_s` writes a list of classes.
    static func key(_ exceptions: [String]) -> ByteString { ByteString("[\(exceptions.joined(separator: ", "))]") }

    /// The members of the only argument of a job.
    static func members(of job: Job) throws(InvalidJobArguments) -> JSONObject {
        do {
            var array = JSONReader(job.arguments.json, limits: limits)
            try array.beginArray()
            if let argument = try array.nextElement(), try array.nextElement() == nil {
                return try JSONObject(Array(argument.raw), limits: limits)
            }
        } catch {
            throw InvalidJobArguments("the Rails job cannot be read: \(error)")
        }
        throw InvalidJobArguments("a Rails job is the only argument of its job")
    }

    /// A count that one can be added to, whatever is in Redis.
    static func count(_ value: JSONValue?) -> Int { min(max(value?.int ?? 0, 0), 1_000_000) }
}

extension Job {
    /// The class of the Rails job that this one carries, such as `SendEmailJob`; nil for any other job.
    public var activeJobClass: String? {
        guard className.hasSameBytes(as: ActiveJob.wrapper) else { return nil }
        return try? ActiveJob.members(of: self)["job_class"]?.text
    }

    /// How often the Rails job that this one carries was performed before; 0 for any other job.
    var activeJobExecutions: Int {
        guard className.hasSameBytes(as: ActiveJob.wrapper) else { return 0 }
        return (try? ActiveJob.count(ActiveJob.members(of: self)["executions"])) ?? 0
    }

    /// The class that people know the job by: that of the Rails job, where it carries one.
    public var shownClass: String { activeJobClass ?? className }
}
