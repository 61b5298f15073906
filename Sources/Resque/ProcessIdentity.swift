import BgdemoSystemCompat

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Who a process is, so that another on its host can tell that it died, and never takes a living one for dead: a pid
/// says little where pids come round again, and where each of two containers has its own pid 1 and the same host name.
struct ProcessIdentity: Codable, Sendable, Hashable {
    let pid: Int32
    /// In clock ticks since the boot: tells a process from an earlier one with its pid.
    let start: UInt64?
    /// Which world of pids its pid belongs to.
    let namespace: String?
    /// Which run of the host's kernel; nil where the system does not say.
    let boot: String?

    static let current: ProcessIdentity = {
        let pid = ProcessInfo.processInfo.processIdentifier
        return ProcessIdentity(
            pid: pid, start: Status(of: pid)?.start,
            namespace: try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid"),
            boot: content(of: "/proc/sys/kernel/random/boot_id"))
    }()

    /// Whether the process is certainly no more. False where it lives, and where that can't be seen from here.
    var isGone: Bool {
        let here = Self.current
        guard let boot, let namespace, let start, boot == here.boot, namespace == here.namespace else { return false }
        // EPERM: somebody of another user has the pid, and /proc may be hidden from us.
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
