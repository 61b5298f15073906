/// Tasks that any code within a block may start. The end of the block cancels them and waits for them.
package final class BackgroundTasks: Sendable {
    private let additions: AsyncStream<@Sendable () async -> Void>.Continuation

    private init(_ additions: AsyncStream<@Sendable () async -> Void>.Continuation) {
        self.additions = additions
    }

    package func add(_ task: @escaping @Sendable () async -> Void) { additions.yield(task) }

    package static func open<Result>(_ body: (BackgroundTasks) async throws -> Result) async throws -> Result {
        let (stream, additions) = AsyncStream.makeStream(of: (@Sendable () async -> Void).self)
        async let tasks: Void = withDiscardingTaskGroup { group in
            for await task in stream { group.addTask { await task() } }
            group.cancelAll()
        }
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(BackgroundTasks(additions))) } catch { result = .failure(error) }
        additions.finish()
        await tasks
        return try result.get()
    }
}
