import BgdemoPrivateRedis
import BgdemoSystemCompat
import RedisClient
import Subprocess

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Machine {
    /// This machine.
    ///
    /// - Parameter versions: Of programs and libraries other than redis-server and hiredis.
    public static func here(versions: [String: String]) async -> Machine {
        var versions = versions
        versions["hiredis"] = hiredisVersion
        versions["redis-server"] = await redisVersion()
        let process = ProcessInfo.processInfo
        var machine = Machine(
            system: system, processor: await processor(), cores: process.activeProcessorCount,
            memoryBytes: Int(clamping: process.physicalMemory), versions: versions)
        machine.loadAverage = loadAverage
        #if DEBUG
            machine.isDebugBuild = true
        #endif
        return machine
    }

    private static var loadAverage: Double? {
        let text = try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)
        return text?.split(separator: " ").first.flatMap { Double($0) }
    }

    /// `Linux 6.1.0 x86_64`
    private static var system: String {
        var names = utsname()
        guard unsafe uname(&names) == 0 else { return "unknown" }
        return [text(of: names.sysname), text(of: names.release), text(of: names.machine)].joined(separator: " ")
    }

    private static func text<Characters>(of characters: Characters) -> String {
        unsafe withUnsafeBytes(of: characters) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    private static func processor() async -> String {
        #if canImport(Darwin)
            return await line(of: "/usr/sbin/sysctl", ["-n", "machdep.cpu.brand_string"]) ?? "unknown"
        #else
            let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
            let line = info.split(separator: "\n").first { $0.hasPrefix("model name") || $0.hasPrefix("Model") }
            return line?.split(separator: ":").last.map { $0.drop { $0 == " " } }.map(String.init) ?? "unknown"
        #endif
    }

    /// `Redis server v=7.0.15 sha=…`
    private static func redisVersion() async -> String? {
        let words = await line(of: "redis-server", ["--version"])?.split(separator: " ") ?? []
        return words.first { $0.hasPrefix("v=") }.map { String($0.dropFirst(2)) }
    }

    private static func line(of program: String, _ arguments: [String]) async -> String? {
        let result = try? await run(
            program.hasPrefix("/") ? .path(FilePath(program)) : .name(program), arguments: Arguments(arguments),
            environment: CleanEnvironment.environment, output: .string(limit: 4096))
        return result?.standardOutput.split(whereSeparator: \.isNewline).first.map(String.init)
    }
}
