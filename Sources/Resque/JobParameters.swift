/// A job as a type: its name, its queue, and the parameters of one job as the type's own properties.
///
/// ```swift
/// struct SendEmail: JobParameters {
///     static let jobName = "sendEmail"
///     static let queue = "emailQueue"
///     let to, subject, text: String
/// }
/// ```
///
/// ```swift
/// jobs.register(SendEmail.self) { job, email in try await deliver(email) }
/// try await queue.enqueue(SendEmail(to: "you@example.org", subject: "hello", text: "it works"))
/// ```
///
/// The parameters are the only element of the job's `args`, an object. Other programs know the job by its name.
public protocol JobParameters: Codable, Sendable {
    /// The value of the job's `class`.
    static var jobName: String { get }
    /// The queue that the job is pushed to.
    static var queue: String { get }
}

extension Job {
    /// A new job with these parameters.
    ///
    /// - Throws: ``ResqueError`` with the code ``ResqueError/Code/invalidArguments`` where they cannot be encoded.
    public init<Parameters: JobParameters>(_ parameters: Parameters) throws(ResqueError) {
        self.init(Parameters.jobName, try JobArguments(parameters), queue: Parameters.queue)
    }
}

extension Jobs {
    /// Says how the jobs of a type are performed. Registering a name again replaces what it meant.
    ///
    /// - Parameters:
    ///   - plugins: Called before and after a job of this type is enqueued and performed, in this order. Default: none.
    ///   - timeout: See `register(_:plugins:timeout:perform:)`.
    ///   - perform: See `register(_:plugins:timeout:perform:)`.
    public mutating func register<Parameters: JobParameters, Result: Sendable>(
        _ type: Parameters.Type, plugins: [any Plugin] = [], timeout: Duration? = nil,
        perform: @escaping @Sendable (Job, Parameters) async throws -> Result
    ) {
        register(Parameters.jobName, plugins: plugins, timeout: timeout, perform: perform)
    }
}

extension Queue {
    /// Pushes a job with these parameters to the end of its queue.
    ///
    /// - Returns: False where a plugin refused the job.
    /// - Throws: ``ResqueError``.
    @discardableResult
    public func enqueue(_ parameters: some JobParameters) async throws(ResqueError) -> Bool {
        try await enqueue(Job(parameters))
    }

    /// Pushes a job with these parameters to its queue when this time has passed.
    ///
    /// - Throws: ``ResqueError``.
    public func enqueueIn(_ delay: Duration, _ parameters: some JobParameters) async throws(ResqueError) {
        try await enqueueIn(delay, Job(parameters))
    }
}
