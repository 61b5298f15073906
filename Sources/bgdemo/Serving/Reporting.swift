import CoreMetrics
import Logging
import NIOCore
import Telemetry

/// The voice of the process: its log lines, and the numbers behind `/metrics`.
struct Reporting: Sendable {
    let format: LogFormat
    let logger: Logger
    let metrics = Prometheus()
    private let writer = LogWriter()

    init(format: LogFormat, level: Logger.Level) {
        let writer = self.writer
        self.format = format
        logger = Logger(label: "bgdemo") { _ in LineLogHandler(format, level: level, writer: writer) }
        MetricsSystem.bootstrap(metrics)
    }

    /// A line for the person at the terminal; for a collector of JSON lines, an event like any other.
    func announce(_ line: String) {
        switch format {
        case .text: writer.write(line)
        case .json: logger.notice("\(line)")
        }
    }

    /// Returns when every line is out.
    func end() { writer.flush() }
}
