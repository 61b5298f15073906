import Foundation
public import Subprocess
import Synchronization

/// A real redis-server that a test owns: in a directory of its own, on a socket file there (and on a free TCP port where
/// the test wants one). It can be killed, stopped and started again on the same data.
public final class RedisServer: Sendable {
    /// Why there is no server. The test fails.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String

        public init(description: String) { self.description = description }
    }

    private struct Running {
        let send: @Sendable (Signal) throws -> Void
        let end: Task<Void, any Error>
    }

    private enum Event: Sendable {
        case began(@Sendable (Signal) throws -> Void)
        case said(String)
    }

    public let folder: String
    /// The TCP port; 0 where there is none.
    public let port: Int
    private let arguments: [String]
    private let running = Mutex<Running?>(nil)

    init(_ arguments: [String], port: Int) {
        // Short, because a socket's path has 103 bytes at most.
        folder = "/tmp/bgdemo-test-\(UInt32.random(in: .min ... .max))"
        self.port = port
        self.arguments =
            ["--port", "\(port)", "--unixsocket", folder + "/redis.sock", "--dir", folder, "--save", ""] + arguments
    }

    /// A Sentinel with this configuration, to which it writes itself.
    init(sentinel configuration: String, port: Int) throws {
        folder = "/tmp/bgdemo-test-\(UInt32.random(in: .min ... .max))"
        self.port = port
        let file = folder + "/sentinel.conf"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("port \(port)\ndir \(folder)\n\(configuration)".utf8).write(to: URL(filePath: file))
        arguments = [file, "--sentinel"]
    }

    public var socket: String { folder + "/redis.sock" }

    /// The URL of the socket file.
    public var url: String { "unix://\(socket)" }

    /// Starts it, and returns when it takes commands.
    public func start() async throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let (events, event) = AsyncStream.makeStream(of: Event.self)
        let arguments = Arguments(arguments)
        let end = Task {
            defer { event.finish() }
            _ = try await run(
                .name("redis-server"), arguments: arguments, input: .none, output: .sequence,
                error: .combinedWithOutput
            ) { execution in
                event.yield(.began { try execution.send(signal: $0) })
                for try await line in execution.standardOutput.strings() { event.yield(.said(line)) }
            }
        }
        var send: (@Sendable (Signal) throws -> Void)?
        var said: [String] = []
        for await event in events {
            switch event {
            case .began(let sender): send = sender
            case .said(let line):
                said.append(line)
                guard line.contains("eady to accept connections") || line.contains("Sentinel ID is"), let send else {
                    continue
                }
                return running.withLock { $0 = Running(send: send, end: end) }
            }
        }
        if case .failure(let error) = await end.result {
            throw Failure(description: "redis-server, which this test needs, can't be run: \(error)")
        }
        throw Failure(description: "redis-server ended at once:\n\(said.joined(separator: "\n"))")
    }

    /// Sends a signal and returns when the server is gone. Default: `kill -9`.
    public func end(by signal: Signal = .kill) async throws {
        guard let running = running.withLock({ $0.take() }) else { return }
        try running.send(signal)
        _ = await running.end.result
    }

    /// Sends a signal: `.suspend` stops it, `.resume` lets it go on.
    public func signal(_ signal: Signal) throws {
        try running.withLock { $0 }?.send(signal)
    }
}

/// Runs `body` with a redis-server of its own, which ends after it.
///
/// - Parameters:
///   - arguments: Further arguments of redis-server, such as `["--appendonly", "yes"]`.
///   - onPort: Whether it also listens on a free TCP port of 127.0.0.1.
public func withRedisServer<Result: Sendable>(
    _ arguments: [String] = [], onPort: Bool = false, _ body: (RedisServer) async throws -> Result
) async throws -> Result {
    let server = RedisServer(arguments, port: onPort ? try await freePort() : 0)
    let result: Swift.Result<Result, any Error>
    do {
        try await server.start()
        result = .success(try await body(server))
    } catch {
        result = .failure(error)
    }
    try await server.end()
    try FileManager.default.removeItem(atPath: server.folder)
    return try result.get()
}
