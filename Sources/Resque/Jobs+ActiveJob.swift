extension Jobs {
    /// Says how Rails jobs of one class are performed.
    ///
    /// ```swift
    /// jobs.register(activeJob: "SendEmailJob", plugins: [Retry(attempts: 5)]) { (job, mail: Mail) in
    ///     try await mailer.send(mail)
    /// }
    /// ```
    ///
    /// A job that is retried is one more of its `executions`, so that Rails goes on counting where Swift stops, and Swift
    /// where Rails does.
    ///
    /// - Parameters:
    ///   - jobClass: The class of the Rails job, spelled as in Ruby.
    ///   - plugins: Called before and after a job of this class is enqueued and performed, in this order. Default: none.
    ///   - exceptions: The classes in the `retry_on` of the Rails job, by whose list Rails counts its failures. Default:
    ///     `StandardError`.
    ///   - timeout: See `register(_:plugins:timeout:perform:)`.
    ///   - perform: Gets the job; see `register(_:plugins:timeout:perform:)`.
    public mutating func register<Result: Sendable>(
        activeJob jobClass: String, plugins: [any Plugin] = [], countedAs exceptions: [String] = ["StandardError"],
        timeout: Duration? = nil,
        perform: @escaping @Sendable (ActiveJob) async throws -> Result
    ) {
        let definition = Definition(plugins: plugins, exceptions: exceptions, timeout: timeout) {
            try await perform(ActiveJob($0))
        }
        register(activeJob: jobClass, definition)
    }

    /// Says how Rails jobs of one class are performed, with the arguments of its `perform` as parameters; see
    /// ``ActiveJob/arguments``. Keyword arguments are one object, the last. An optional parameter at the end may be missing;
    /// a job whose arguments do not fit fails with ``InvalidJobArguments``.
    ///
    /// - Parameters: See ``register(activeJob:plugins:countedAs:timeout:perform:)``.
    public mutating func register<First: Decodable & Sendable, each Rest: Decodable & Sendable, Result: Sendable>(
        activeJob jobClass: String, plugins: [any Plugin] = [], countedAs exceptions: [String] = ["StandardError"],
        timeout: Duration? = nil,
        perform: @escaping @Sendable (ActiveJob, First, repeat each Rest) async throws -> Result
    ) {
        register(activeJob: jobClass, plugins: plugins, countedAs: exceptions, timeout: timeout) { job in
            let arguments = try job.arguments.decode(first: First.self, rest: repeat (each Rest).self)
            return try await perform(job, arguments.first, repeat each arguments.rest)
        }
    }
}

extension Reservation {
    /// The reservation with the job that the next attempt performs: for a Rails job another one, which counts this attempt.
    func attempt(_ job: Job, after delay: Duration, _ definition: Jobs.Definition) -> Reservation {
        guard let exceptions = definition.exceptions,
            let next = try? ActiveJob(job).next(after: exceptions, delay: delay)
        else { return self }
        return Reservation(number: number, queue: queue, bytes: next.bytes, history: history, term: term)
    }
}
