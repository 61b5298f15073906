/// What a consumer does with each event. Several handlers of one consumer get the same event, one after another.
public struct EventHandler: Sendable {
    /// By this name a failed event finds its handler again: keep it from version to version.
    public let name: String
    let perform: @Sendable (Event) async throws -> any Sendable
    let isRetryable: @Sendable (any Error) -> Bool

    /// - Parameters:
    ///   - isRetryable: Whether another try may do better after this error; else the event is dead at once.
    ///   - perform: Handles the event, or does nothing where it is not of its kind. What it returns is told in
    ///     ``ConsumerEvent/success(handler:_:result:)``. It may see an event twice where its process died, or lost
    ///     Redis, before it could say that the event is done.
    public init<Result: Sendable>(
        _ name: String, isRetryable: @escaping @Sendable (any Error) -> Bool = { _ in true },
        perform: @escaping @Sendable (Event) async throws -> Result
    ) {
        self.name = name
        self.perform = perform
        self.isRetryable = isRetryable
    }
}
