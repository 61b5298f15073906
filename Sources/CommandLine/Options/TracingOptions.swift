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

    /// The URL that was asked for.
    ///
    /// - Throws: `ValidationError` where it is none.
    func collector(_ environment: EnvironmentVariables) throws -> String? {
        guard let url = try environment.value(otlp, "BGDEMO_OTLP") else { return nil }
        guard let parts = try? URLParts(url), ["http", "https"].contains(parts.scheme), !parts.host.isEmpty,
            parts.query == nil, parts.fragment == nil
        else { throw ValidationError("--otlp is not a URL like http://127.0.0.1:4318") }
        return url
    }

    /// Installs a tracer; call it before anything asks for one.
    ///
    /// - Returns: What is to be ended last; nil where nothing is traced.
    func start(_ environment: EnvironmentVariables, logger: Logger) throws -> OTLPExporter? {
        guard let url = try collector(environment) else { return nil }
        let exporter = OTLPExporter(to: url, service: "bgdemo", logger: logger)
        InstrumentationSystem.bootstrap(OTLPTracer(exporter))
        return exporter
    }
}

extension InstrumentationSystem {
    /// nil where nothing is traced.
    static var installedTracer: (any Tracer)? { tracer is NoOpTracer ? nil : tracer }
}
