public import Logging
public import NIOCore
public import ServiceLifecycle

/// The master of a strategy whose web server and workers are child processes of one program.
public struct MasterSupport: Sendable {
    /// Makes the master, which runs in the process of `--role all`.
    public let makeMaster: @Sendable (StrategyContext, MasterContext) async throws -> any Service
    /// Connects a child to its master. Returns nil in a process that no master has started.
    public let connect: @Sendable (EnvironmentVariables, any EventLoopGroup) async throws -> (any MasterProcess)?

    public init(
        makeMaster: @escaping @Sendable (StrategyContext, MasterContext) async throws -> any Service,
        connect: @escaping @Sendable (EnvironmentVariables, any EventLoopGroup) async throws -> (any MasterProcess)?
    ) {
        (self.makeMaster, self.connect) = (makeMaster, connect)
    }
}

/// What a master needs of the program around it.
public struct MasterContext: Sendable {
    /// Where the web servers listen.
    public let host: String
    public let port: Int
    /// Prints the startup line. To be called with the port that was bound, once signals are handled.
    public let announce: @Sendable (_ port: Int) -> Void
    /// Prints a line that a child has formatted.
    public let print: @Sendable (String) -> Void
    /// A logger that logs in the name of a child.
    public let childLogger: @Sendable (_ name: String) -> Logger
    /// The metrics of this process, for `/metrics` of the web server.
    public let metrics: @Sendable () -> String
    /// The arguments of a child of this role. Any user of the host can read them: there is no secret in them.
    public let arguments: @Sendable (Role) -> [String]
    /// The variables in which a child of this role differs from this process; nil removes one.
    public let variables: @Sendable (Role) -> [String: String?]

    public init(
        host: String, port: Int, announce: @escaping @Sendable (Int) -> Void,
        print: @escaping @Sendable (String) -> Void, childLogger: @escaping @Sendable (String) -> Logger,
        metrics: @escaping @Sendable () -> String, arguments: @escaping @Sendable (Role) -> [String],
        variables: @escaping @Sendable (Role) -> [String: String?]
    ) {
        (self.host, self.port, self.announce, self.print) = (host, port, announce, print)
        (self.childLogger, self.metrics, self.arguments, self.variables) = (childLogger, metrics, arguments, variables)
    }
}

/// The master as its child sees it. As a service it runs until the master says stop, or is gone.
public protocol MasterProcess: Service {
    /// The name of this child, for log lines.
    var name: String { get }
    /// The listening socket that the master has passed; nil for a worker.
    var listener: NIOBSDSocket.Handle? { get }
    /// The master's metrics, as it last sent them.
    var metrics: String { get }

    /// Has the master print a finished line. Where the master does not read, the line is dropped.
    func log(_ line: String)
    /// Tells the master that this child works.
    func ready()
    /// Returns when this web server may accept connections. One accepts at a time.
    func waitUntilMayAccept() async
    /// Tells the master that this web server accepts no more.
    func didStopAccepting()
    /// Returns when all messages are written.
    func flush() async
}
