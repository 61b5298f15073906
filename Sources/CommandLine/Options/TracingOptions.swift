import ArgumentParser
import BgdemoCore
import BgdemoFoundations
import BgdemoOTLP
import Logging
import Tracing

/// Where the spans of requests, messages and mails go.
struct TracingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The OpenTelemetry collector that gets spans as OTLP/HTTP JSON, such as http://127.0.0.1:4318 (BGDEMO_OTLP). \
            Default: nothing is traced.
            """, valueName: "url"))
    var otlp: String?

    @Option(
        help: ArgumentHelp(
            """
            How many traces may begin in a second (BGDEMO_OTLP_RATE); a request with a traceparent goes on with its client's. \
            Default: 200.
            """, valueName: "number"), transform: Double.parse)
    var otlpRate: Double?

    /// The URL that was asked for.
    ///
    /// - Throws: `ValidationError` where it is none, or the rate is not above 0.
    func collector(_ environment: EnvironmentVariables) throws -> String? {
        _ = try tracesPerSecond(environment)
        guard let url = try environment.value(otlp, "BGDEMO_OTLP") else { return nil }
        guard let parts = try? URLParts(url), ["http", "https"].contains(parts.scheme), !parts.host.isEmpty,
            parts.query == nil, parts.fragment == nil
        else { throw ValidationError("--otlp is not a URL like http://127.0.0.1:4318") }
        return url
    }

    private func tracesPerSecond(_ environment: EnvironmentVariables) throws -> Double {
        let rate = try environment.value(otlpRate, "BGDEMO_OTLP_RATE") ?? 200
        guard rate > 0, rate.isFinite else { throw ValidationError("--otlp-rate is not a number above 0") }
        return rate
    }

    /// Installs a tracer; call it before anything asks for one.
    ///
    /// - Returns: What is to be ended last; nil where nothing is traced.
    func start(_ environment: EnvironmentVariables, logger: Logger) throws -> OTLPExporter? {
        guard let url = try collector(environment) else { return nil }
        let rate = try tracesPerSecond(environment)
        let exporter = OTLPExporter(to: url, service: "bgdemo", logger: logger)
        InstrumentationSystem.bootstrap(OTLPTracer(exporter, tracesPerSecond: rate))
        return exporter
    }
}

extension InstrumentationSystem {
    /// nil where nothing is traced.
    static var installedTracer: (any Tracer)? { tracer is NoOpTracer ? nil : tracer }
}
