extension Jobs.Definition {
    /// Performs the job, within its time.
    func run(_ job: Job) async throws -> any Sendable {
        guard let timeout else { return try await perform(job) }
        return try await withThrowingTaskGroup(of: (any Sendable)?.self) { group in
            group.addTask { [perform] in try await perform(job) }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else {
                group.cancelAll()
                // It ends when the job does.
                _ = try? await group.next()
                throw JobTimeout(limit: timeout)
            }
            return result
        }
    }
}
