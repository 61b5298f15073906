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
