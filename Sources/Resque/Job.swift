package import BgdemoFoundations

/// One job as it stands in its queue: `{"class":"sendEmail","queue":"emailQueue","args":[…]}` as node writes it, or
/// `{"class":"SendEmail","args":[…]}` as Ruby does. Its bytes are never changed, with one exception: a delayed job gets the
/// name of its queue, because schedulers read it there.
public struct Job: Sendable {
    /// What never changes: one reference to count where a job is copied, as a worker does some dozen times for each.
    private final class Content: Sendable {
        let queue: String
        let className: String
        let bytes: [UInt8]
        /// The value of `args`, which may be missing.
        let arguments: Range<Int>?
        /// The value of `queue`, which may be missing, or name another one than it was taken from.
        let named: Range<Int>?
        /// Nil where no worker has reserved it, as is ``run``.
        let history: JobHistory?
        let run: JobRun?

        init(
            queue: String, className: String, bytes: [UInt8], arguments: Range<Int>?, named: Range<Int>?,
            history: JobHistory?, run: JobRun?
        ) {
            (self.queue, self.className, self.bytes) = (queue, className, bytes)
            (self.arguments, self.named, self.history, self.run) = (arguments, named, history, run)
        }
    }

    private let content: Content

    /// The queue it was taken from, or is for.
    public var queue: String { content.queue }
    /// The value of `class`; what ``Jobs`` knows it by.
    public var className: String { content.className }
    /// The JSON text, exactly as it was pushed.
    public var bytes: [UInt8] { content.bytes }
    /// Names this one job, and no other with the same bytes, across retries and crashes.
    public var identity: String { content.history?.identity ?? "" }
    /// How often it has failed and was retried.
    public var failures: Int { content.history.map { max($0.failures, activeJobExecutions) } ?? 0 }
    /// How many workers have died while they performed it.
    public var crashCount: Int { content.history?.crashCount ?? 0 }
    /// How often it was put off by an outage (``PerformResult/postpone(_:after:)``) since it last failed.
    public var outages: Int { content.history?.outages ?? 0 }
    /// nil where no worker has reserved it.
    var run: JobRun? { content.run }

    /// A new job. One whose class has a capital is written as Ruby writes it, `{"class":…,"args":…}`, so that Ruby finds it
    /// by its bytes, in its queue and among the delayed jobs; any other as node does, `{"class":…,"queue":…,"args":…}`.
    public init(_ className: String, _ arguments: JobArguments = JobArguments(), queue: String) {
        self.init(className, queue: queue, argumentBytes: arguments.json.count) { $0.raw(arguments.json) }
    }

    /// A new job whose arguments are written where they stand in it, without being copied there.
    ///
    /// - Parameters:
    ///   - argumentBytes: How many bytes the arguments have, about.
    ///   - write: Writes the arguments, an array.
    package init(_ className: String, queue: String, argumentBytes: Int, write: (inout JSONWriter) -> Void) {
        var json = JSONWriter(capacity: argumentBytes + className.utf8.count + queue.utf8.count + 40)
        json.raw(#"{"class":"#)
        json.string(className)
        var named: Range<Int>?
        if className.utf8.first.map({ (0x41...0x5a).contains($0) }) != true {
            json.raw(#","queue":"#)
            let place = json.bytes.count
            json.string(queue)
            named = place..<json.bytes.count
        }
        json.raw(#","args":"#)
        let start = json.bytes.count
        write(&json)
        let end = json.bytes.count
        json.raw("}")
        content = Content(
            queue: queue, className: className, bytes: json.bytes, arguments: start..<end, named: named, history: nil,
            run: nil)
    }

    /// A job that was taken from `queue`.
    ///
    /// - Throws: ``InvalidJob`` where the bytes are not an object with a `class`. `args` may be missing or null.
    public init(_ bytes: [UInt8], from queue: String) throws(InvalidJob) {
        try self.init(bytes, from: queue, nil, run: nil)
    }

    private init(
        _ bytes: [UInt8], from queue: String, _ history: JobHistory?, run: JobRun?
    ) throws(InvalidJob) {
        var className: JSONValue?
        var arguments: JSONValue?
        var named: JSONValue?
        do {
            var reader = JSONReader(bytes, limits: .redis)
            try reader.beginObject()
            while let (name, value) = try reader.nextMember() {
                switch name {
                case "class": className = value
                case "args": arguments = value
                case "queue": named = value
                default: break
                }
            }
        } catch  where error.code == .notUTF8 {
            throw InvalidJob("the job is not UTF-8")
        } catch {
            throw InvalidJob("the job is not a JSON object: \(error)")
        }
        guard let className else { throw InvalidJob(#"the job has no "class""#) }
        guard let text = className.text else { throw InvalidJob(#"the job's "class" is not a string"#) }
        content = Content(
            queue: queue, className: text, bytes: bytes, arguments: arguments?.range, named: named?.range,
            history: history, run: run)
    }

    /// A reserved job, with its history.
    init(_ reservation: Reservation, run: JobRun? = nil) throws(InvalidJob) {
        try self.init(reservation.bytes, from: reservation.queue, reservation.history, run: run)
        if let original = UnreadableJob.original(of: self) {
            self = try Job(original, from: queue, reservation.history, run: run)
        }
    }

    /// Its bytes as a delayed job, with the name of its queue.
    var delayed: [UInt8] {
        guard let named = content.named else {
            let end = bytes.lastIndex(of: UInt8(ascii: "}")) ?? bytes.endIndex
            var json = JSONWriter(continuing: Array(bytes[..<end]))
            json.member("queue", queue)
            json.raw(bytes[end...])
            return json.bytes
        }
        guard JSONValue(known: bytes, in: named).characters.map(ByteString.init) != ByteString(queue) else {
            return bytes
        }
        var json = JSONWriter(continuing: Array(bytes[..<named.lowerBound]))
        json.string(queue)
        json.raw(bytes[named.upperBound...])
        return json.bytes
    }

    /// The same job with other arguments; all else as it is.
    func replacingArguments(by json: [UInt8]) -> Job {
        guard let argumentsRange = content.arguments else { return self }
        let bytes = bytes[..<argumentsRange.lowerBound] + json + bytes[argumentsRange.upperBound...]
        return (try? Job(Array(bytes), from: queue)) ?? self
    }

    /// From the first argument on, to the end of them; nil where the job has no `args`.
    var argumentsInside: Range<Int>? {
        guard let range = content.arguments, bytes[range].first == UInt8(ascii: "[") else { return content.arguments }
        return (range.lowerBound + 1)..<(range.upperBound - 1)
    }

    /// The value of `args`. One that is not an array counts as the only argument, as node has it.
    public var arguments: JobArguments {
        guard let argumentsRange = content.arguments else { return JobArguments() }
        let json = Array(bytes[argumentsRange])
        return switch json.first {
        case UInt8(ascii: "["): JobArguments(validated: json)
        case UInt8(ascii: "n"): JobArguments()
        default: JobArguments(validated: [UInt8(ascii: "[")] + json + [UInt8(ascii: "]")])
        }
    }
}

/// What was in the queue is not a job.
public struct InvalidJob: Error, Sendable, CustomStringConvertible {
    /// What is wrong, as a sentence.
    public let description: String

    init(_ description: String) { self.description = description }
}

extension Job: Hashable {
    /// By bytes: another program chose them.
    public static func == (one: Job, other: Job) -> Bool {
        one.bytes == other.bytes && one.queue.hasSameBytes(as: other.queue) && one.identity == other.identity
            && one.failures == other.failures && one.crashCount == other.crashCount && one.outages == other.outages
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

extension Job: CustomStringConvertible {
    /// Its JSON, shortened where it is long, and fit for a terminal.
    public var description: String {
        let text = printable(bytes.prefix(1024))
        return bytes.count > 1024 ? "\(text)… (\(bytes.count) bytes)" : text
    }
}
