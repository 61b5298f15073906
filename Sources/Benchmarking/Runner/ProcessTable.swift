import BgdemoSystemCompat

#if canImport(Darwin)
    import BgdemoPrivateRedis
    import Subprocess
#endif
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads the table of processes: `/proc` on Linux, `ps` on macOS.
package enum ProcessTable {
    package struct Row: Sendable {
        let pid: Int32
        let parent: Int32
        let isZombie: Bool
        package let cpuSeconds: Double
        /// Of its children that have ended; 0 on macOS, where it is not told.
        let childrenSeconds: Double
        /// On Linux the peak since the start, on macOS the current value.
        package let memoryBytes: Int
    }

    #if canImport(Darwin)
        /// The rows of these processes.
        package static func rows(_ pids: [Int32]) async -> [Row] { await all().filter { pids.contains($0.pid) } }

        static func children(of parent: Int32) async -> [Row] { await all().filter { $0.parent == parent } }

        static func arguments(of pid: Int32) async -> [Substring] {
            await ps(["-o", "command=", "-p", "\(pid)"]).split(separator: " ")
        }

        private static func all() async -> [Row] {
            await ps(["-A", "-o", "pid=,ppid=,state=,time=,rss="]).split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                guard words.count == 5, let pid = Int32(words[0]), let parent = Int32(words[1]),
                    let kilobytes = Int(words[4])
                else { return nil }
                // [hours:]minutes:seconds.hundredths
                let seconds = words[3].split(separator: ":").reduce(0.0) { $0 * 60 + (Double($1) ?? 0) }
                return Row(
                    pid: pid, parent: parent, isZombie: words[2].hasPrefix("Z"), cpuSeconds: seconds,
                    childrenSeconds: 0, memoryBytes: kilobytes << 10)
            }
        }

        private static func ps(_ arguments: [String]) async -> String {
            let result = try? await run(
                .path("/bin/ps"), arguments: Arguments(arguments), environment: CleanEnvironment.environment,
                output: .string(limit: 4 << 20))
            return result?.standardOutput ?? ""
        }
    #else
        package static func rows(_ pids: [Int32]) async -> [Row] { pids.compactMap(row) }

        static func children(of parent: Int32) async -> [Row] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            return names.compactMap { Int32($0) }.compactMap(row).filter { $0.parent == parent }
        }

        static func arguments(of pid: Int32) async -> [Substring] {
            (read("/proc/\(pid)/cmdline") ?? "").split(separator: "\0")
        }

        /// proc(5): the name may contain blanks and parentheses, so the fields are read after the last parenthesis.
        private static func row(_ pid: Int32) -> Row? {
            guard let stat = read("/proc/\(pid)/stat"), let name = stat.lastIndex(of: ")") else { return nil }
            let words = stat[name...].split(separator: " ")
            guard words.count > 15, let parent = Int32(words[2]) else { return nil }
            // utime, stime, cutime, cstime
            let ticks = words[12...15].compactMap { Double($0) }
            guard ticks.count == 4 else { return nil }
            let second = Double(sysconf(Int32(_SC_CLK_TCK)))
            return Row(
                pid: pid, parent: parent, isZombie: words[1] == "Z", cpuSeconds: (ticks[0] + ticks[1]) / second,
                childrenSeconds: (ticks[2] + ticks[3]) / second, memoryBytes: peak(pid))
        }

        private static func peak(_ pid: Int32) -> Int {
            let line = read("/proc/\(pid)/status")?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            return line.flatMap { $0.split(whereSeparator: { " \t".contains($0) }).dropFirst().first }
                .flatMap { Int($0) }.map { $0 << 10 } ?? 0
        }

        private static func read(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
    #endif
}
