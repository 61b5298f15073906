public import BgdemoSMTPInbox

/// The network that a proxy simulates between a subject's processes and a server.
public struct NetworkConditions: Sendable, Hashable {
    /// The round trip time that it adds; a random one varies with each part of the bytes (jitter). Default: none.
    public var roundTrip = ReplyDelay.none
    /// The mean time after which a connection is cut, at random moments. Default: never.
    public var cutEvery: Duration?
    /// Of the random times. Default: 1.
    public var seed: UInt64 = 1

    public init() {}

    /// Whether a proxy would change nothing.
    var isLoopback: Bool { roundTrip == .none && cutEvery == nil }
}
