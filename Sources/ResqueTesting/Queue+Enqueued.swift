public import Resque

extension Queue {
    /// Whether a job of this name and with these arguments waits in a queue, or is delayed.
    ///
    /// ```swift
    /// #expect(try await queue.enqueued("sendEmail", mail, to: "emailQueue"))
    /// ```
    ///
    /// - Parameters:
    ///   - arguments: Compared as JSON, as ``JobArguments`` writes them.
    ///   - queue: Default: any.
    /// - Throws: ``ResqueError``.
    public func enqueued<each Argument: Encodable>(
        _ name: String, _ arguments: repeat each Argument, to queue: String? = nil
    ) async throws(ResqueError) -> Bool {
        let wanted = try JobArguments(repeat each arguments)
        return try await jobs(named: name, in: queue).contains { $0.arguments == wanted }
    }

    /// Whether a job with these parameters waits in its queue, or is delayed.
    ///
    /// - Throws: ``ResqueError``.
    public func enqueued<Parameters: JobParameters>(_ parameters: Parameters) async throws(ResqueError) -> Bool {
        try await enqueued(Parameters.jobName, parameters, to: Parameters.queue)
    }

    /// The jobs of a name that wait in their queues or are delayed: those of each queue in their order, then the delayed ones.
    ///
    /// - Parameter queue: Default: any.
    /// - Throws: ``ResqueError``.
    public func jobs(named name: String, in queue: String? = nil) async throws(ResqueError) -> [Job] {
        var jobs: [Job] = []
        let queues = if let queue { [queue] } else { try await names() }
        for queue in queues {
            for bytes in try await peek(queue, 0..<Int.max) {
                if let job = try? Job(bytes, from: queue) { jobs.append(job) }
            }
        }
        for bytes in try await delayed(limit: .max).flatMap(\.jobs) {
            guard let job = try? Job(delayed: bytes), queue == nil || job.queue == queue else { continue }
            jobs.append(job)
        }
        return jobs.filter { $0.className == name }
    }
}
