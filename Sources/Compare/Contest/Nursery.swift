/// Tasks that can be begun from anywhere within a block, and are cancelled and waited for at its end.
final class Nursery: Sendable {
    private let births: AsyncStream<@Sendable () async -> Void>.Continuation

    private init(_ births: AsyncStream<@Sendable () async -> Void>.Continuation) {
        self.births = births
    }

    func begin(_ task: @escaping @Sendable () async -> Void) { births.yield(task) }

    static func open<Result>(_ body: (Nursery) async throws -> Result) async throws -> Result {
        let (stream, births) = AsyncStream.makeStream(of: (@Sendable () async -> Void).self)
        async let tasks: Void = withDiscardingTaskGroup { group in
            for await task in stream { group.addTask { await task() } }
            group.cancelAll()
        }
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(Nursery(births))) } catch { result = .failure(error) }
        births.finish()
        await tasks
        return try result.get()
    }
}
