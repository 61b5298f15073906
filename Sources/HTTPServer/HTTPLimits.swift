/// How much, and for how long, the server listens to one client before it says no.
public struct HTTPLimits: Sendable {
    /// Bytes of the request target; past it 414.
    public var target = 8 << 10
    /// Bytes of all header fields together, and their number; past it 431.
    public var headerBytes = 16 << 10
    public var headerCount = 100
    /// Bytes of a body; past it 413. A text of a mebibyte may be escaped to more in JSON.
    public var body = 4 << 20
    /// Open connections; past it 503 and close.
    public var connections = 10_000
    /// Requests of one connection that wait for their answers; past it the server reads no more from it.
    public var pipelined = 64
    /// From the first byte of a head to its last. Absolute: a client that trickles is not given more.
    public var headTime = Duration.seconds(10)
    /// From the end of the head to the end of the body.
    public var bodyTime = Duration.seconds(30)
    /// Between two requests on a connection that is kept alive.
    public var idleTime = Duration.seconds(75)
    /// For a client to read an answer that is ready.
    public var writeTime = Duration.seconds(30)

    public init() {}
}
