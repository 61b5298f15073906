package import RedisClient

extension AcceptError {
    /// What a fault of Redis means for a client: a mail that may be written down already is better sent twice, with one
    /// Message-ID, than not at all.
    package init(_ error: any Error) {
        switch error {
        case RedisError.queueFull(let why): self = .full(why, retryAfter: .seconds(1))
        default: self = .unavailable("\(error)", retryAfter: .seconds(1))
        }
    }
}

extension AcceptError {
    /// How long a delayed job may be due without a scheduler: longer than it takes to replace one that died.
    private static let longestOverdue = Duration.seconds(20)

    /// - Parameter time: How long a delayed job has been due while no scheduler was at work; nil where one is.
    package static func check(overdue time: Duration?) throws(AcceptError) {
        guard let time, time > longestOverdue else { return }
        throw .unavailable(
            """
            delayed jobs are overdue by \(time.components.seconds) s, and no scheduler is at work: start a worker (the lock \
            of one that has died is taken over after 6 minutes)
            """,
            retryAfter: .seconds(5))
    }
}

extension RedisCommands {
    /// Throws what a mail would be refused with now.
    package func check() async throws(AcceptError) {
        do {
            _ = try await send("PING")
        } catch {
            throw AcceptError(error)
        }
    }
}
