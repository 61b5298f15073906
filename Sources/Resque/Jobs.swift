import BgdemoFoundations
package import BgdemoTraceContext

/// The jobs that a program can perform, by name.
///
/// ```swift
/// var jobs = Jobs()
/// jobs.register("sendEmail", plugins: [Retry(attempts: 5)]) { (job, mail: Mail) in
///     try await mailer.send(mail)
/// }
/// ```
///
/// There are three forms: a closure of the job and its arguments, as above; a closure of the job alone, which reads
/// ``Job/arguments`` itself; and a type of ``JobParameters``.
///
/// The first letter of a name may be a capital or not: Ruby, where a class is a constant, writes `SendEmail` where node
/// writes `sendEmail`.
public struct Jobs: Sendable {
    final class Definition: Sendable {
        let plugins: [any Plugin]
        let perform: @Sendable (Job) async throws -> any Sendable
        /// The classes by which Rails counts the failures of a Rails job; nil for any other job.
        let exceptions: [String]?
        /// What a job carries of a trace.
        let trace: @Sendable (Job) -> TraceFields
        /// How long an attempt may take; nil for as long as it does.
        let timeout: Duration?

        init(
            plugins: [any Plugin], exceptions: [String]? = nil, timeout: Duration? = nil,
            trace: @escaping @Sendable (Job) -> TraceFields = { TraceFields(of: $0.bytes) },
            perform: @escaping @Sendable (Job) async throws -> any Sendable
        ) {
            (self.plugins, self.exceptions, self.timeout) = (plugins, exceptions, timeout)
            (self.trace, self.perform) = (trace, perform)
        }
    }

    /// By bytes: another program chooses the names that are looked up.
    private var definitions: [ByteString: Definition] = [:]
    /// The Rails jobs, by their classes.
    private var activeJobs: [ByteString: Definition] = [:]

    /// No jobs. A job that is not registered fails with ``UnknownClass``.
    public init() {}

    /// Says how jobs of one name are performed. Registering a name again replaces what it meant.
    ///
    /// - Parameters:
    ///   - plugins: Called before and after a job of this name is enqueued and performed, in this order. Default: none.
    ///   - timeout: How long an attempt may take. Past it the job's task is cancelled, and when it ends the attempt has failed with
    ///     ``JobTimeout``. Default: as long as it does.
    ///   - perform: Gets the job. What it returns is in ``WorkerEvent/success(_:result:took:)``; ``FollowUps`` are
    ///     pushed as well. What it throws fails the job. It runs in a task of its own, which is cancelled when the
    ///     worker has to stop: a job that then throws `CancellationError` goes back to its queue.
    public mutating func register<Result: Sendable>(
        _ name: String, plugins: [any Plugin] = [], timeout: Duration? = nil,
        perform: @escaping @Sendable (Job) async throws -> Result
    ) {
        definitions[Self.key(name)] = Definition(plugins: plugins, timeout: timeout) { try await perform($0) }
    }

    /// Says how jobs of one name are performed, with the elements of their `args` as parameters. An optional parameter at
    /// the end may be missing; a job whose `args` do not fit fails with ``InvalidJobArguments``.
    ///
    /// - Parameters:
    ///   - plugins: Called before and after a job of this name is enqueued and performed, in this order. Default: none.
    ///   - timeout: See `register(_:plugins:timeout:perform:)`.
    ///   - perform: Gets the job and its arguments; see `register(_:plugins:timeout:perform:)`.
    public mutating func register<First: Decodable & Sendable, each Rest: Decodable & Sendable, Result: Sendable>(
        _ name: String, plugins: [any Plugin] = [], timeout: Duration? = nil,
        perform: @escaping @Sendable (Job, First, repeat each Rest) async throws -> Result
    ) {
        register(name, plugins: plugins, timeout: timeout) { job in
            let arguments = try job.arguments.decode(first: First.self, rest: repeat (each Rest).self)
            return try await perform(job, arguments.first, repeat each arguments.rest)
        }
    }

    /// The same, with what a job carries of a trace beside its own members.
    package mutating func register<Result: Sendable>(
        _ name: String, plugins: [any Plugin], trace: @escaping @Sendable (Job) -> TraceFields,
        perform: @escaping @Sendable (Job) async throws -> Result
    ) {
        definitions[Self.key(name)] = Definition(
            plugins: plugins, trace: { trace($0).merging(TraceFields(of: $0.bytes)) },
            perform: { try await perform($0) })
    }

    mutating func register(activeJob name: String, _ definition: Definition) {
        activeJobs[ByteString(Self.constant(name))] = definition
    }

    /// Performs a job here and now, without a queue and without its plugins: for the test of one job.
    ///
    /// - Returns: What its `perform` returns.
    /// - Throws: What its `perform` throws; ``UnknownClass``, ``InvalidJobArguments``.
    @discardableResult
    public func perform(_ job: Job) async throws -> any Sendable {
        try await definition(of: job).run(job)
    }

    /// The names that are registered, with a small first letter, sorted; then the classes of Rails jobs.
    public var names: [String] { (definitions.keys.sorted() + activeJobs.keys.sorted()).map(\.text) }

    func knows(_ job: Job) -> Bool { find(job) != nil }

    func plugins(for job: Job) -> [any Plugin] {
        // A program that only enqueues registers none.
        definitions.isEmpty && activeJobs.isEmpty ? [] : find(job)?.plugins ?? []
    }

    func definition(of job: Job) throws(UnknownClass) -> Definition {
        guard let definition = find(job) else { throw UnknownClass(className: job.shownClass, known: names) }
        return definition
    }

    private func find(_ job: Job) -> Definition? {
        if let definition = definitions[Self.key(job.className)] { return definition }
        guard !activeJobs.isEmpty, let name = job.activeJobClass else { return nil }
        return activeJobs[ByteString(Self.constant(name))]
    }

    private static func key(_ name: String) -> ByteString {
        var bytes = constant(name)
        if let first = bytes.first { bytes[0] = first.asciiLowercased }
        return ByteString(bytes)
    }

    /// To Ruby `::SendEmail` is the same class as `SendEmail` (`Resque::Job.constantize`).
    private static func constant(_ name: String) -> [UInt8] {
        let colons = "::"
        return name.hasBytePrefix(colons) ? Array(name.utf8.dropFirst(colons.utf8.count)) : Array(name.utf8)
    }
}

/// No job is registered by the name that a job's `class` says.
public struct UnknownClass: Error, Sendable, CustomStringConvertible {
    /// The value of the job's `class`.
    public let className: String
    /// The names that are registered here.
    public let known: [String]

    public var description: String {
        #"No job is registered for the class "\#(printable(className, limit: 200))"; this worker knows \#(known.joined(separator: ", "))"#
    }
}
