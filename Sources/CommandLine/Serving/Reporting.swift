import BgdemoCore
import BgdemoSystemCompat
import BgdemoTelemetry
import CoreMetrics
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The log and the metrics of this process.
struct Reporting: Sendable {
    let format: LogFormat
    let logger: Logger
    let metrics = PrometheusMetricsFactory(help: MetricHelp.texts)
    private let level: Logger.Level
    private let writer: LogWriter
    private let master: (any MasterProcess)?

    /// - Parameters:
    ///   - name: The name of this process among several; nil where it is alone.
    ///   - master: The master, which writes the lines of its children.
    init(format: LogFormat, level: Logger.Level, name: String?, master: (any MasterProcess)?) {
        let pid = ProcessInfo.processInfo.processIdentifier
        let writer = LogWriter(format: format)
        self.writer = writer
        self.format = format
        self.level = level
        self.master = master
        logger = Self.logger(format, level, name: name.map { "\($0) @ \(pid)" }) { line in
            if let master { master.log(line) } else { writer.write(line) }
        }
        MetricsSystem.bootstrap(metrics)
    }

    /// A logger that logs in the name of another process.
    func logger(named name: String) -> Logger {
        Self.logger(format, level, name: name) { [writer] in writer.write($0) }
    }

    private static func logger(
        _ format: LogFormat, _ level: Logger.Level, name: String?, _ write: @escaping @Sendable (String) -> Void
    ) -> Logger {
        let prefix = name.map { "[\($0)] " } ?? ""
        return Logger(label: "bgdemo") { _ in
            LineLogHandler(format, level: level, messagePrefix: prefix, style: .ofOutput, write: write)
        }
    }

    /// Prints the startup line, at every log level. A child tells its master that it is ready instead.
    ///
    /// - Parameter warnings: Logged after it.
    func announce(_ line: String, warnings: [String] = []) {
        if let master { return master.ready() }
        switch format {
        case .text: writer.write(line)
        case .json:
            var logger = logger
            logger.logLevel = .notice
            logger.notice("\(line)")
        }
        for warning in warnings { logger.warning("\(warning)") }
    }

    /// Writes a line that is already formatted, such as a child's.
    func write(_ line: String) { writer.write(line) }

    /// The metrics of this process and of its master.
    var numbers: String { PrometheusMetricsFactory.merged(metrics.text(), master?.metrics ?? "") }

    /// Returns when every line is written, or its reader does not take it.
    func end() { writer.flush() }
}
