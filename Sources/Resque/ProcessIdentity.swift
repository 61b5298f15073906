import BgdemoSystemCompat

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Identifies a process, so that another on its host can see that it is dead, and never takes a living one for dead. A pid
/// is not enough: pids are used again, and two containers with one host name have a pid 1 each.
struct ProcessIdentity: Codable, Sendable, Hashable {
    let pid: Int32
    /// When it started, in clock ticks since the boot: an earlier process with the same pid has another value.
    let start: UInt64?
    /// The pid namespace.
    let namespace: String?
    /// The boot of the host; nil where the system does not say.
    let boot: String?
    /// By which processes on other hosts see that it is alive; nil for one of an older version.
    var lease: Lease?
    /// Whether its workers take no jobs; see ``WorkerControl``.
    var isPaused: Bool?
    /// The number of its newest worker, by which the keys of all its workers are known; nil for one of an older version.
    var newestWorker: Int?

    /// A lease, as its process wrote it last.
    struct Lease: Codable, Sendable, Hashable {
        /// The time without renewals after which it has run out.
        let milliseconds: Int
        /// How often it was renewed; only that it changes counts.
        let renewals: Int
    }

    static let current: ProcessIdentity = {
        let pid = ProcessInfo.processInfo.processIdentifier
        return ProcessIdentity(
            pid: pid, start: Status(of: pid)?.start,
            namespace: try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid"),
            boot: content(of: "/proc/sys/kernel/random/boot_id"))
    }()

    /// Whether the process is certainly dead. False where it is alive, and where that cannot be seen from here.
    var isGone: Bool {
        let here = Self.current
        guard let boot, let namespace, let start, boot == here.boot, namespace == here.namespace else { return false }
        // EPERM: a process of another user has the pid, and /proc may be hidden.
        if kill(pid, 0) != 0 { return errno == ESRCH }
        guard let status = Status(of: pid) else { return false }
        return status.start != start || status.isZombie
    }

    /// What `/proc/<pid>/stat` says (proc_pid_stat(5)).
    private struct Status {
        let start: UInt64
        let isZombie: Bool

        init?(of pid: Int32) {
            // The name of the program, in brackets, may contain anything, brackets and spaces too.
            guard let stat = ProcessIdentity.content(of: "/proc/\(pid)/stat"), let name = stat.lastIndex(of: ")") else {
                return nil
            }
            let fields = stat[name...].split(separator: " ")
            guard fields.count > 20, let start = UInt64(fields[20]) else { return nil }
            self.start = start
            isZombie = fields[1] == "Z" || fields[1] == "X"
        }
    }

    private static func content(of path: String) -> String? {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").first.map(String.init)
    }
}
