import BgdemoSystemCompat
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The processes and the Redis of an external service, so that faults can be injected into them.
public struct ExternalProcesses: Sendable, Hashable {
    /// Where the pid of a process is.
    public enum PID: Sendable, Hashable {
        case number(Int32)
        /// A file that has it, read before each signal: a supervisor writes the new pid there.
        case file(String)
    }

    public var webServer: PID
    /// Nil if the service has no worker.
    public var worker: PID?
    /// Of its Redis; nil if it has none.
    public var redisURL: String?
    /// A shell command that starts again what was killed; `BGDEMO_ROLE` is `server` or `worker`. Nil if a supervisor of the
    /// service does.
    public var restart: String?

    public init(webServer: PID, worker: PID? = nil) { (self.webServer, self.worker) = (webServer, worker) }

    /// `1234`, `1234,1235`, `web.pid,worker.pid`; nil for anything else.
    public init?(_ text: String) {
        let words = text.split(separator: ",", omittingEmptySubsequences: false)
        let pids = words.compactMap { PID(String($0)) }
        guard pids.count == words.count, let first = pids.first, pids.count <= 2 else { return nil }
        self.init(webServer: first, worker: pids.dropFirst().first)
    }

    /// Checks that the processes run, and that its Redis answers.
    ///
    /// - Throws: ``BenchmarkError`` that says which one does not.
    public func check() async throws {
        for (role, pid) in [(ProcessRole.webServer, webServer), (.worker, worker)] {
            guard let pid, pid.value == nil else { continue }
            throw BenchmarkError("--target-pids: \(pid.absence), which should be the \(role.rawValue)")
        }
        guard let redisURL else { return }
        do {
            _ = try await within(.seconds(5), "it does not answer within 5 s") {
                try await ShortRedisConnection.open(redisURL) { try await $0.send("PING") }
            }
        } catch {
            throw BenchmarkError("--target-redis: \(error)")
        }
    }

    /// Whether the process that follows a killed one can be found: by a file, not by the number of the killed one.
    public func canComeBack(_ role: ProcessRole) -> Bool {
        switch role == .worker ? worker : webServer {
        case .file: true
        case .number, nil: false
        }
    }

    /// Whether all pids are in files, which name those that follow too.
    public var areFiles: Bool { canComeBack(.webServer) && (worker == nil || canComeBack(.worker)) }

    /// Why there is no process of this role to send a signal to.
    func absence(of role: ProcessRole) -> String {
        (role == .worker ? worker : webServer)?.absence ?? "it has none"
    }

    func pid(of role: ProcessRole) -> Int32? {
        switch role {
        case .webServer: webServer.value
        case .worker: worker?.value
        case .master: nil
        }
    }
}

extension ExternalProcesses.PID {
    /// A number above 1, or the path of a file.
    init?(_ text: String) {
        guard let first = text.utf8.first else { return nil }
        guard (0x30...0x39).contains(first) || first == 0x2d else {
            self = .file(text)
            return
        }
        guard let number = Int32(text), number > 1 else { return nil }
        self = .number(number)
    }

    /// `no process 4711 runs`
    var absence: String {
        switch self {
        case .number(let number): "no process \(number) runs"
        case .file(let path):
            FileManager.default.fileExists(atPath: path)
                ? "the file \(path) has no pid of a process that runs" : "there is no file \(path)"
        }
    }

    /// Nil if no such process runs.
    var value: Int32? {
        let pid: Int32?
        switch self {
        case .number(let number): pid = number
        case .file(let path):
            let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            pid = text.split(whereSeparator: \.isWhitespace).first.flatMap { Int32($0) }
        }
        guard let pid, pid > 1, kill(pid, 0) == 0 else { return nil }
        return pid
    }
}
