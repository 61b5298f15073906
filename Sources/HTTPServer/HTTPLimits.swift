/// The bounds of a server: of what one client may send, and of what all clients may make it hold.
public struct HTTPLimits: Sendable {
    /// Bytes of the request target; past it 414. Default: 8 KiB.
    public var target = 8 << 10
    /// Bytes of all header fields of a request; past it 431. Default: 16 KiB.
    public var headerBytes = 16 << 10
    /// Header fields of a request; past it 431. Default: 100.
    public var headerCount = 100
    /// Bytes of a body; past it 413. Default: 4 MiB.
    public var body = 4 << 20
    /// Bytes that all connections hold of requests that are not answered, their bodies above all; past it 503 and close.
    /// Default: 128 MiB.
    public var receivedBytes = 128 << 20
    /// Open connections; past it 503 and close. Default: 10,000.
    public var connections = 10_000
    /// Requests of one connection whose responses are awaited; past it the server reads no more from it. Default: 64.
    public var pipelined = 64
    /// From the first byte of a head to its last, whatever comes between. Default: 10 s.
    public var headTime = Duration.seconds(10)
    /// From the end of the head to the end of the body. Default: 30 s.
    public var bodyTime = Duration.seconds(30)
    /// Between two requests of one connection. Default: 75 s.
    public var idleTime = Duration.seconds(75)
    /// For the client to read a response. Default: 30 s.
    public var writeTime = Duration.seconds(30)

    public init() {}
}
