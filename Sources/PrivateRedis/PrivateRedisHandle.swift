import BgdemoSystemCompat
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A share in the private server: it runs at least until this is given back, or this process ends.
public final class PrivateRedisHandle: Sendable {
    private let end: FileDescriptor

    private init(_ end: FileDescriptor) {
        self.end = end
    }

    deinit {
        try? end.close()
    }

    enum JoinResult {
        case joined(PrivateRedisHandle)
        /// A supervisor was ending; now it is gone.
        case stopping
        /// There is no supervisor.
        case notRunning
    }

    static func fifo(in folder: String) -> String { folder + "/holders" }

    /// Makes this process one of those that hold the server.
    static func join(_ folder: String) async throws(PrivateRedisError) -> JoinResult {
        guard let handle = open(fifo(in: folder)) else { return .notRunning }
        let word = "\(getpid())-\(UInt32.random(in: .min ... .max))"
        let answer = "\(folder)/joined.\(word)"
        do {
            try handle.end.writeAll("\(word)\n".utf8)
        } catch {
            return .stopping
        }
        for _ in 0..<6000 {
            if (try? FileManager.default.removeItem(atPath: answer)) != nil { return .joined(handle) }
            if handle.isSupervisorGone { return .stopping }
            try await PrivateRedisError.pause()
        }
        throw .notStarted("its supervisor, a shell that reads \(fifo(in: folder)), does not answer; end it")
    }

    /// Opens the FIFO for writing, where somebody reads it. No child inherits it: a child would hold the server, too.
    private static func open(_ path: String) -> PrivateRedisHandle? {
        let end = try? FileDescriptor.open(FilePath(path), .writeOnly, options: [.nonBlocking, .closeOnExec])
        return end.map { PrivateRedisHandle($0) }
    }

    /// Whether the supervisor is gone: nothing reads the FIFO.
    var isSupervisorGone: Bool {
        var state = pollfd(fd: end.rawValue, events: 0, revents: 0)
        return unsafe poll(&state, 1, 0) == 1 && state.revents & Int16(POLLERR) != 0
    }
}

/// A file that one process at a time has locked (`flock`); the kernel unlocks what a dead process had.
final class FileLock {
    private let file: FileDescriptor

    init(_ path: String) async throws(PrivateRedisError) {
        do {
            file = try FileDescriptor.open(
                FilePath(path), .readWrite, options: [.create, .closeOnExec], permissions: .ownerReadWrite)
        } catch {
            throw .folder(path, "\(error)")
        }
        for _ in 0..<12_000 {
            if flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 { return }
            try await PrivateRedisError.pause()
        }
        throw .notStarted("another process has been starting it for a minute (it holds \(path))")
    }

    deinit {
        try? file.close()
    }
}
