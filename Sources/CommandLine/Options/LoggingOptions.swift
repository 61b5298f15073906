public import ArgumentParser
import BgdemoCore
public import Logging
public import BgdemoTelemetry

/// What is logged, and how it looks.
struct LoggingOptions: ParsableArguments {
    @Option(help: "trace, debug, info, notice, warning, error or critical (BGDEMO_LOG_LEVEL). Default: info.")
    var logLevel: Logger.Level?

    @Option(help: "text or json (BGDEMO_LOG_FORMAT). Default: text.")
    var logFormat: LogFormat?

    func start(_ environment: EnvironmentVariables, name: String? = nil, master: (any MasterProcess)? = nil) throws
        -> Reporting
    {
        try Reporting(
            format: environment.value(logFormat, "BGDEMO_LOG_FORMAT") ?? .text,
            level: environment.value(logLevel, "BGDEMO_LOG_LEVEL") ?? .info, name: name,
            master: master)
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
extension LogFormat: ExpressibleByArgument {}
