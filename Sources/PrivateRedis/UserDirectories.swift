import BgdemoSystemCompat
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The user's own folders, by the XDG Base Directory Specification.
struct UserDirectories: Sendable {
    /// For what lives as long as a login: sockets, locks.
    let runtime: String
    /// For what must survive: the jobs.
    let data: String

    /// - Parameter environment: `XDG_RUNTIME_DIR`, `XDG_DATA_HOME`, `HOME`.
    init(_ environment: [String: String]) {
        func folder(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
        let home = folder("HOME")
        let last = "/tmp/bgdemo-\(getuid())"
        let runtime = folder("XDG_RUNTIME_DIR").map { $0 + "/bgdemo" } ?? home.map { $0 + "/.cache/bgdemo" } ?? last
        // A socket's path has 103 bytes at most, the longest name in here some.
        self.runtime = runtime.utf8.count <= 80 ? runtime : last
        data = folder("XDG_DATA_HOME").map { $0 + "/bgdemo" } ?? home.map { $0 + "/.local/share/bgdemo" } ?? last
    }

    /// Makes both where they are not, for this user alone.
    func prepare() throws(PrivateRedisError) {
        for folder in [runtime, data] { try prepare(folder) }
    }

    /// Whether it is a directory (not a link to one) of this user that no other user may enter.
    static func isPrivate(_ folder: String) -> Bool {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: folder) else { return false }
        return attributes[.type] as? FileAttributeType == .typeDirectory
            && attributes[.ownerAccountID] as? UInt == UInt(getuid())
            && (attributes[.posixPermissions] as? UInt).map { $0 & 0o077 == 0 } == true
    }

    /// In /tmp another user may have made it first: a directory of another user, or open to others, is not used.
    private func prepare(_ folder: String) throws(PrivateRedisError) {
        let parent = FilePath(folder).removingLastComponent().string
        do {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
            // Closed to others from its first moment: another process of this user may look at it at once.
            if unsafe mkdir(folder, 0o700) != 0, errno != EEXIST { throw Errno(rawValue: errno) }
            guard Self.isPrivate(folder) else {
                throw PrivateRedisError.folder(folder, "it is not a folder that only you may use (chmod 700)")
            }
        } catch let error as PrivateRedisError {
            throw error
        } catch {
            throw .folder(folder, error.fileReason)
        }
    }
}
