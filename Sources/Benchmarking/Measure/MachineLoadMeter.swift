#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Measures the use of the machine's cores from its beginning on, by `/proc` (Linux).
public struct MachineLoadMeter: Sendable {
    /// Ticks of all cores since the boot, and of this process and those of its children that have ended.
    struct Ticks: Sendable, Hashable {
        var busy: Double
        var stolen: Double
        var all: Double
        var own: Double

        /// - Parameters:
        ///   - system: The first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
        ///   - process: `/proc/self/stat`, whose fields 14 to 17 are utime, stime, cutime, cstime.
        init?(system: Substring, process: String) {
            let times = system.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
            // The name of the process stands in parentheses, and may have spaces.
            let fields = process.split(separator: ")").last?.split(separator: " ") ?? []
            let own = fields.dropFirst(11).prefix(4).compactMap { Double($0) }
            guard times.count == 8, own.count == 4 else { return nil }
            (all, stolen) = (times.reduce(0, +), times[7])
            busy = all - times[3] - times[4] - stolen
            self.own = own.reduce(0, +)
        }

        static var now: Ticks? {
            guard let system = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
                let process = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8)
            else { return nil }
            return Ticks(system: system.prefix { !$0.isNewline }, process: process)
        }
    }

    private let cores: Int
    private let start: Ticks?

    public init(cores: Int) { (self.cores, start) = (cores, .now) }

    /// The load since the beginning; nil where the system does not tell.
    ///
    /// What children of children used, and the children that run now, counts as others'.
    public var load: MachineLoad? {
        guard let start, let end = Ticks.now else { return nil }
        return Self.load(from: start, to: end, cores: cores)
    }

    static func load(from start: Ticks, to end: Ticks, cores: Int) -> MachineLoad? {
        let all = end.all - start.all
        guard all > 0 else { return nil }
        let share = { (ticks: Double) in max(0, ticks) / all }
        let (busy, own) = (share(end.busy - start.busy), share(end.own - start.own))
        return MachineLoad(
            busyCores: busy * Double(cores), otherCores: max(0, busy - own) * Double(cores),
            stolenShare: share(end.stolen - start.stolen))
    }
}
