import Foundation

/// What the system says of processes (proc(5)).
public enum Processes {
    /// The processes whose TMPDIR is the folder.
    public static func withTemporaryFolder(_ folder: String) -> [Int32] {
        let pids = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
        return pids.filter { pid in
            let variables = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
            return variables.range(of: Data("TMPDIR=\(folder)\0".utf8)) != nil
        }
    }

    /// The processes of this name.
    public static func withName(_ name: String) -> [Int32] {
        let pids = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
        return pids.filter { (try? String(contentsOfFile: "/proc/\($0)/comm", encoding: .utf8)) == "\(name)\n" }
    }

    /// Its letter: `R` and `S` for one that runs, `T` for one that is stopped, `Z` for one that has ended; nil for none.
    public static func state(of pid: Int32) -> Character? {
        let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        return stat?.split(separator: ")").last?.dropFirst().first
    }

    public static func hasEnded(_ pid: Int32) -> Bool { ["Z", nil].contains(state(of: pid)) }
}
