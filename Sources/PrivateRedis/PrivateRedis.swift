public import Logging
import NIOCore
import NIOPosix
import BgdemoSystemCompat
public import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A Redis for those who have none running: started from the PATH on a socket file that only its user can open, with
/// an append-only file, shared by all programs of the user, and ended with the last of them.
///
/// Its data, and a file `place` that says where it runs, are in `$XDG_DATA_HOME/bgdemo` (`~/.local/share/bgdemo`); its
/// socket, its log and the FIFO of its ``RedisSupervisor`` in `$XDG_RUNTIME_DIR/bgdemo` (`~/.cache/bgdemo`). Programs that
/// come and go at once do so one after another, by a lock on the data: never do two servers write the same file.
public enum PrivateRedis {
    /// Finds a Redis: on its usual port of 127.0.0.1, else the user's private one, which is started where it does not
    /// run.
    ///
    /// - Parameters:
    ///   - environment: `PATH`, and what says where the user's folders are.
    ///   - port: The usual port. Default: 6379.
    /// - Returns: Its URL, and for a private one the handle to be kept for as long as it is needed.
    /// - Throws: ``PrivateRedisError`` where neither runs and none can be started.
    public static func find(
        _ environment: [String: String], port: Int = 6379, logger: Logger
    ) async throws(PrivateRedisError) -> (url: RedisURL, handle: PrivateRedisHandle?) {
        if let existing = await existing(port, logger) { return (existing, nil) }
        let (url, handle) = try await hold(environment, logger: logger)
        return (url, handle)
    }

    /// The user's private server alone, which is started where it does not run.
    ///
    /// - Parameter environment: `PATH`, and what says where the user's folders are.
    /// - Returns: Its URL, and the handle to be kept for as long as it is needed.
    /// - Throws: ``PrivateRedisError`` where it can't be started.
    public static func hold(
        _ environment: [String: String], logger: Logger
    ) async throws(PrivateRedisError) -> (url: RedisURL, handle: PrivateRedisHandle) {
        let folders = UserDirectories(environment)
        try folders.prepare()
        let lock = try await FileLock(folders.data + "/lock")
        defer { withExtendedLifetime(lock) {} }
        // Another login may have another runtime folder, and the server in it.
        let place = folders.data + "/place"
        let last = (try? String(contentsOfFile: place, encoding: .utf8)) ?? folders.runtime
        // A user who can write the file could name a directory of their own, and a server in it.
        for folder in [last, folders.runtime] where UserDirectories.isPrivate(folder) {
            switch try await PrivateRedisHandle.join(folder) {
            case .joined(let handle):
                let url = RedisURL(socket: folder + "/redis.sock")
                try await waitUntilReady(url, handle, log: folder + "/redis.log")
                return (url, handle)
            case .stopping, .notRunning: try await stopUnsupervised(RedisURL(socket: folder + "/redis.sock"), logger)
            }
        }
        let handle = try await start(folders, environment, logger)
        do {
            try folders.runtime.write(toFile: place, atomically: true, encoding: .utf8)
        } catch {
            throw .folder(place, error.fileReason)
        }
        return handle
    }

    // MARK: Starting it

    private static func start(
        _ folders: UserDirectories, _ environment: [String: String], _ logger: Logger
    ) async throws(PrivateRedisError) -> (url: RedisURL, handle: PrivateRedisHandle) {
        guard let program = program(environment) else { throw .notInstalled }
        let (folder, log) = (folders.runtime, folders.runtime + "/redis.log")
        let url = RedisURL(socket: folder + "/redis.sock")
        let fifo = PrivateRedisHandle.fifo(in: folder)
        try? FileManager.default.removeItem(atPath: fifo)
        guard unsafe mkfifo(fifo, 0o600) == 0 else { throw .folder(fifo, "\(Errno(rawValue: errno))") }
        let command = [
            program, "--port", "0", "--unixsocket", folder + "/redis.sock", "--unixsocketperm", "700",
            "--dir", folders.data, "--appendonly", "yes", "--save", "", "--daemonize", "no",
        ]
        try await RedisSupervisor.start(folder, command, log: log)
        for _ in 0..<2000 {
            switch try await PrivateRedisHandle.join(folder) {
            case .joined(let handle):
                try await waitUntilReady(url, handle, log: log)
                logger.debug("Started a private Redis", metadata: ["redis": "\(url)", "data": "\(folders.data)"])
                return (url, handle)
            case .stopping: throw .notStarted(tail(of: log))
            // It has not opened the FIFO yet.
            case .notRunning: try await PrivateRedisError.pause()
            }
        }
        throw .notStarted(tail(of: log))
    }

    /// Where `redis-server` is, by `PATH`.
    public static func program(_ environment: [String: String]) -> String? {
        (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/redis-server" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// The last lines of a log, for an error.
    private static func tail(of log: String) -> String {
        let lines = ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n")
        return lines.isEmpty
            ? "it left no word in \(log)" : "the last of \(log):\n" + lines.suffix(5).joined(separator: "\n")
    }

    // MARK: Talking to it

    /// Returns when the server takes commands: a long append-only file takes its time.
    private static func waitUntilReady(_ url: RedisURL, _ handle: PrivateRedisHandle, log: String)
        async throws(PrivateRedisError)
    {
        var looks = 0
        while await !acceptsConnections(url) {
            looks += 1
            guard !handle.isSupervisorGone, looks < 2000 else { throw .notStarted(tail(of: log)) }
            try await PrivateRedisError.pause()
        }
        let redis = connection(url, unavailableTimeout: .seconds(60))
        defer { redis.close() }
        do {
            _ = try await redis.send("PING")
        } catch {
            throw .notStarted("\(error); \(tail(of: log))")
        }
    }

    /// Ends a server whose supervisor was killed; nothing else would.
    private static func stopUnsupervised(_ url: RedisURL, _ logger: Logger) async throws(PrivateRedisError) {
        guard await acceptsConnections(url) else { return }
        logger.notice("Restarting the private Redis because it has no supervisor", metadata: ["redis": "\(url)"])
        let redis = connection(url, unavailableTimeout: .seconds(5))
        defer { redis.close() }
        // Its answer is the end of the connection.
        _ = try? await redis.send("SHUTDOWN", "NOSAVE")
        for _ in 0..<2000 {
            guard await acceptsConnections(url) else { return }
            try await PrivateRedisError.pause()
        }
        throw .notStarted("an old one at \(url) does not end")
    }

    private static func existing(_ port: Int, _ logger: Logger) async -> RedisURL? {
        guard let url = try? RedisURL("redis://127.0.0.1:\(port)"), await acceptsConnections(url) else { return nil }
        let redis = connection(url, unavailableTimeout: .seconds(2))
        defer { redis.close() }
        do {
            _ = try await redis.send("PING")
        } catch  where error.reply == nil {
            logger.notice(
                "What listens on the port of Redis is not taken for a Redis",
                metadata: ["redis": "127.0.0.1:\(port)", "error": "\(error)"])
            return nil
        } catch {
            // It wants a password, or is loading: it is one, and its user is told.
        }
        return url
    }

    private static func acceptsConnections(_ url: RedisURL) async -> Bool {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(.seconds(1))
        let channel: any Channel
        do {
            switch url.place {
            case .tcp(let host, let port): channel = try await bootstrap.connect(host: host, port: port).get()
            case .unix(let path): channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
            case .sentinel, .cluster: return false
            }
        } catch {
            return false
        }
        channel.close(promise: nil)
        return true
    }

    private static func connection(_ url: RedisURL, unavailableTimeout: Duration) -> RedisConnection {
        var options = RedisOptions()
        options.unavailableTimeout = unavailableTimeout
        options.reconnectBackoff = .milliseconds(5)...Duration.milliseconds(100)
        let silent = Logger(label: "redis") { _ in SwiftLogNoOpLogHandler() }
        return RedisConnection(url, on: MultiThreadedEventLoopGroup.singleton.any(), options: options, logger: silent)
    }
}

/// Why there is no private Redis.
public enum PrivateRedisError: Error, Sendable, Hashable, CustomStringConvertible {
    case notInstalled
    /// A folder or a file of the user's can't be used.
    case folder(String, String)
    case notStarted(String)
    case cancelled

    public var description: String {
        switch self {
        case .notInstalled:
            "no Redis on 127.0.0.1:6379 and no redis-server to start: apt-get install redis-server, or brew install redis"
        case .folder(let path, let why): "\(path) can't be used for a private Redis: \(why)"
        case .notStarted(let why): "the private Redis did not start: \(why)"
        case .cancelled: "the start of the private Redis was cancelled"
        }
    }

    /// A moment between two looks at something that does not tell.
    static func pause() async throws(PrivateRedisError) {
        do { try await Task.sleep(for: .milliseconds(5)) } catch { throw .cancelled }
    }
}
