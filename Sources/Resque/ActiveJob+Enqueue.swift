import BgdemoFoundations

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Job {
    /// A new job that carries a Rails job, as Rails 6.1 and later write it.
    ///
    /// - Parameters:
    ///   - jobClass: The class of the Rails job.
    ///   - arguments: Those of its `perform`, in their order. Default: none.
    public init(activeJob jobClass: String, _ arguments: [ActiveJobValue] = [], queue: String) {
        var json = JSONWriter(capacity: 400)
        json.array { json in
            json.object { json in
                json.member("job_class", jobClass)
                json.member("job_id", UUID().uuidString.asciiLowercased())
                json.name("provider_job_id")
                json.null()
                json.member("queue_name", queue)
                json.name("priority")
                json.null()
                json.name("arguments")
                json.array { json in for argument in arguments { argument.writeSerialized(into: &json) } }
                json.member("executions", 0)
                json.name("exception_executions")
                json.object { _ in }
                json.member("locale", "en")
                json.name("timezone")
                json.null()
                json.member("enqueued_at", Date.now.iso8601)
            }
        }
        self.init(ActiveJob.wrapper, (try? JobArguments(json: json.bytes)) ?? JobArguments(), queue: queue)
    }
}

extension ActiveJobValue {
    /// The value as `JSONEncoder` writes it: an object is a hash with strings as keys.
    ///
    /// - Throws: ``ResqueError`` with the code ``ResqueError/Code/invalidArguments``.
    public init(_ value: some Encodable) throws(ResqueError) {
        let arguments = try JobArguments(value)
        do {
            guard let json = try JSONValue(arguments.json).elements.first else { throw ResqueError.unexpectedReply }
            self = try ActiveJobValue(json)
        } catch {
            throw ResqueError(.invalidArguments, "the value cannot be an argument of a Rails job", error)
        }
    }

    /// The members of an object as the keyword arguments of `perform`, such as `perform(to:, subject:, text:)`. They come
    /// after all other arguments.
    ///
    /// - Throws: ``ResqueError`` with the code ``ResqueError/Code/invalidArguments`` where it does not encode to an object.
    public static func keywords(_ value: some Encodable) throws(ResqueError) -> ActiveJobValue {
        guard case .hash(let hash) = try ActiveJobValue(value) else {
            throw ResqueError(.invalidArguments, "keyword arguments are the members of an object")
        }
        return .hash(ActiveJobHash(hash.members.map { .init($0.name, isSymbol: true, $0.value) }, kind: .keywords))
    }
}

extension Queue {
    /// Pushes a Rails job to the end of a queue, where a worker of Rails or of this library performs it.
    ///
    /// ```swift
    /// try await queue.enqueue(activeJob: "SendEmailJob", .keywords(mail), to: "emailQueue")
    /// ```
    ///
    /// - Returns: False where a plugin refused the job.
    /// - Throws: ``ResqueError``.
    @discardableResult
    public func enqueue(
        activeJob jobClass: String, _ arguments: ActiveJobValue..., to queue: String
    ) async throws(ResqueError) -> Bool {
        try await enqueue(Job(activeJob: jobClass, arguments, queue: queue))
    }

    /// Pushes a Rails job to its queue when this time has passed.
    ///
    /// - Throws: ``ResqueError``.
    public func enqueueIn(
        _ delay: Duration, activeJob jobClass: String, _ arguments: ActiveJobValue..., to queue: String
    ) async throws(ResqueError) {
        try await enqueueIn(delay, Job(activeJob: jobClass, arguments, queue: queue))
    }
}
