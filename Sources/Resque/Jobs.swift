import BgdemoFoundations

/// The jobs that a program can perform, by name.
///
/// ```swift
/// var jobs = Jobs()
/// jobs.register("sendEmail", plugins: [Retry(attempts: 5)]) { (job, mail: Mail) in
///     try await mailer.send(mail)
/// }
/// ```
///
/// A name is met whether its first letter is written large or small: Ruby, where a class is a constant, calls
/// `SendEmail` what node calls `sendEmail`.
public struct Jobs: Sendable {
    struct Definition: Sendable {
        let plugins: [any Plugin]
        let perform: @Sendable (Job) async throws -> any Sendable
    }

    private var definitions: [ByteString: Definition] = [:]

    /// None yet: what is not registered fails with ``UnknownClass``.
    public init() {}

    /// Says how jobs of one name are performed. Registering a name again replaces what it meant.
    ///
    /// - Parameters:
    ///   - plugins: Asked before and after a job of this name is enqueued and performed, in this order.
    ///   - perform: Gets the job, and the elements of its `args` as its parameters; an optional parameter at the end may
    ///     be left out. What it returns is told in ``WorkerEvent/success(_:result:took:)``; ``FollowUps`` are pushed as
    ///     well. What it throws fails the job. It runs in a task of its own. It should watch for cancellation, which means that the worker has to leave:
    ///     a job that throws `CancellationError` then goes back to its queue.
    public mutating func register<each Argument: Decodable & Sendable, Result: Sendable>(
        _ name: String, plugins: [any Plugin] = [],
        perform: @escaping @Sendable (Job, repeat each Argument) async throws -> Result
    ) {
        definitions[Self.key(name)] = Definition(plugins: plugins) { job in
            let arguments = try job.arguments.decode(as: repeat (each Argument).self)
            return try await perform(job, repeat each arguments)
        }
    }

    /// The same for what takes the job's `args` apart by itself.
    package mutating func register(
        _ name: String, plugins: [any Plugin], whole perform: @escaping @Sendable (Job) async throws -> any Sendable
    ) {
        definitions[Self.key(name)] = Definition(plugins: plugins, perform: perform)
    }

    /// The names that are registered.
    public var names: [String] { definitions.keys.sorted().map(\.text) }

    func plugins(for className: String) -> [any Plugin] {
        // Who only enqueues knows of none.
        definitions.isEmpty ? [] : definitions[Self.key(className)]?.plugins ?? []
    }

    func definition(of className: String) throws(UnknownClass) -> Definition {
        guard let definition = definitions[Self.key(className)] else {
            throw UnknownClass(className: className, known: names)
        }
        return definition
    }

    /// The name as bytes, with its first letter small: Ruby's classes begin with a capital, node's jobs do not.
    private static func key(_ name: String) -> ByteString {
        let bytes = name.utf8
        return ByteString(bytes.prefix(1).map(\.asciiLowercased) + bytes.dropFirst())
    }
}

/// No job is registered by the name that a job's `class` says.
public struct UnknownClass: Error, Sendable, CustomStringConvertible {
    /// What the job's `class` says.
    public let className: String
    /// The names that are registered here.
    public let known: [String]

    public var description: String {
        #"No job defined for class "\#(className)"; this worker knows \#(known.joined(separator: ", "))"#
    }
}
