/// What a consumer does with each event. Several handlers of one consumer get the same event, one after the other.
public struct EventHandler: Sendable {
    /// A failed event finds its handler by this name: keep the name when the program changes.
    public let name: String
    private let body: @Sendable (Event) async throws -> any Sendable
    private let isRetryable: @Sendable (any Error) -> Bool
    private let isOutage: @Sendable (any Error) -> Bool

    /// - Parameters:
    ///   - name: Unique among the handlers of a consumer.
    ///   - isRetryable: Whether another attempt may succeed after this error. If not, the event goes to the dead list at
    ///     once. Default: always.
    ///   - isOutage: Whether the error is no fault of the event, but of something that all events need: a server that is
    ///     away, a password that was changed. The attempt does not count, however often; the delays grow as between
    ///     attempts. With one attempt only, the event goes to the dead list all the same. Default: never.
    ///   - body: Handles the event; returns if the event is not of its kind. Its result is reported by
    ///     ``ConsumerEvent/success(handler:_:result:)``. It gets an event twice if its process dies, or loses Redis, before
    ///     the event is acknowledged.
    public init<Result: Sendable>(
        _ name: String, isRetryable: @escaping @Sendable (any Error) -> Bool = { _ in true },
        isOutage: @escaping @Sendable (any Error) -> Bool = { _ in false },
        perform body: @escaping @Sendable (Event) async throws -> Result
    ) {
        self.name = name
        self.body = body
        self.isRetryable = isRetryable
        self.isOutage = isOutage
    }

    /// Handles an event. A ``Consumer`` calls this; tests may.
    ///
    /// - Returns: What the handler returned.
    /// - Throws: What the handler threw.
    public func handle(_ event: Event) async throws -> any Sendable { try await body(event) }

    /// Whether another attempt may succeed after this error.
    public func mayRetry(after error: any Error) -> Bool { isRetryable(error) }

    /// Whether the error is no fault of the event.
    public func isOutage(_ error: any Error) -> Bool { isOutage(error) }
}
