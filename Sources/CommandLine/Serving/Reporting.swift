import CoreMetrics
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import BgdemoLocal
import Logging
import NIOCore
import BgdemoTelemetry

/// The voice of the process: its log lines, and the numbers behind `/metrics`.
struct Reporting: Sendable {
    let format: LogFormat
    let logger: Logger
    let metrics = PrometheusMetricsFactory()
    private let writer: LogWriter
    private let master: MasterConnection?

    private let level: Logger.Level

    /// - Parameters:
    ///   - name: What this process is called among several; nil where it is alone.
    ///   - master: To the master, which writes a child's lines.
    init(format: LogFormat, level: Logger.Level, name: String?, master: MasterConnection?) {
        let pid = ProcessInfo.processInfo.processIdentifier
        let writer = LogWriter(format: format)
        let write: @Sendable (String) -> Void = { line in
            if let master { master.log(line) } else { writer.write(line) }
        }
        self.writer = writer
        self.format = format
        self.level = level
        self.master = master
        logger = Self.logger(format, level, voice: name.map { "\($0) @ \(pid)" }, write)
        MetricsSystem.bootstrap(metrics)
    }

    /// Speaks for another process.
    func voice(_ name: String) -> Logger {
        Self.logger(format, level, voice: name) { [writer] in writer.write($0) }
    }

    private static func logger(
        _ format: LogFormat, _ level: Logger.Level, voice: String?, _ write: @escaping @Sendable (String) -> Void
    ) -> Logger {
        let voice = voice.map { "[\($0)] " } ?? ""
        return Logger(label: "bgdemo") { _ in LineLogHandler(format, level: level, messagePrefix: voice, write: write) }
    }

    /// A line for the person at the terminal; for a collector of JSON lines, an event like any other. A child tells its
    /// master, which has said so already.
    ///
    /// - Parameter warnings: What is to be said after it of the command line.
    func announce(_ line: String, warnings: [String] = []) {
        if let master { return master.ready() }
        // Said whatever the level: nobody finds a server that does not say where it is.
        var voice = logger
        voice.logLevel = .notice
        switch format {
        case .text: writer.write(line)
        case .json: voice.notice("\(line)")
        }
        for warning in warnings { logger.warning("\(warning)") }
    }

    /// A line as it is to be seen, such as a child's.
    func write(_ line: String) { writer.write(line) }

    /// All numbers, the master's among them.
    var numbers: String { PrometheusMetricsFactory.merged(metrics.text(), master?.metrics ?? "") }

    /// Returns when every line is out, or its reader does not take it.
    func end() { writer.flush() }
}
