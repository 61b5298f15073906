import NIOCore

/// What a connection reports, for counters and logs.
protocol ConnectionObserver: Sendable {
    /// A response was written.
    ///
    /// - Parameter time: Since its request was whole.
    func didRespond(_ status: HTTPStatus, in time: TimeAmount)
    /// The client left before these many responses were ready.
    func didAbandon(_ requests: Int)
    /// The connection broke.
    func didFail(_ error: any Error)
}

/// Tells a connection, as a user event, to end when what is in hand is answered.
struct DrainEvent: Sendable {}
