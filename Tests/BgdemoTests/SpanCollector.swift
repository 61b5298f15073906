import BgdemoHTTPServer
import BgdemoTestSupport
import Foundation
import Logging
import NIOCore
import NIOPosix

/// An OpenTelemetry collector: takes spans as OTLP/HTTP JSON.
final class SpanCollector: Sendable {
    struct Span: Codable, Sendable {
        struct Attribute: Codable, Sendable {
            struct Value: Codable, Sendable {
                var stringValue: String?
                var intValue: String?
            }
            let key: String
            let value: Value
        }
        struct Link: Codable, Sendable { let traceId, spanId: String }
        struct Status: Codable, Sendable { let code: Int }

        let traceId, spanId, name, startTimeUnixNano, endTimeUnixNano: String
        let parentSpanId: String?
        let kind: Int
        /// Whether a consumer failed at a message.
        var isFailedAttempt: Bool { kind == 5 && status?.code == 2 }
        var attributes: [Attribute]?
        var links: [Link]?
        var status: Status?

        func attribute(_ key: String) -> String? {
            attributes?.first { $0.key == key }.flatMap { $0.value.stringValue ?? $0.value.intValue }
        }
    }

    private struct Request: Codable {
        struct Resource: Codable { let scopeSpans: [Scope] }
        struct Scope: Codable { let spans: [Span] }
        let resourceSpans: [Resource]
    }

    private let spansSeen = Watched<[Span]>([])
    let server: HTTPServer
    var url: String { "http://127.0.0.1:\(server.port)" }
    var spans: [Span] { spansSeen.value }

    init() async throws {
        server = try await HTTPServer.start(
            host: "127.0.0.1", port: 0, group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "collector"),
            handler: PageHandler { [spansSeen] request in
                guard request.target == "/v1/traces", request.fields.contentType == "application/json",
                    let body = try? JSONDecoder().decode(Request.self, from: Data(request.body.readableBytesView))
                else { return HTTPResponse(.badRequest, .json, "{}") }
                spansSeen.change { $0 += body.resourceSpans.flatMap(\.scopeSpans).flatMap(\.spans) }
                return HTTPResponse(.ok, .json, "{}")
            })
    }

    /// The spans, once there are such.
    func spans(within limit: Duration = .seconds(30), where isComplete: ([Span]) -> Bool) async throws -> [Span] {
        let end = ContinuousClock.now + limit
        while !isComplete(spans), ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(20)) }
        return spans
    }
}

extension [SpanCollector.Span] {
    /// The spans below this one, each line indented by its depth: `  process emailQueue (consumer)`.
    func tree(below parent: String, indentation: String = "") -> [String] {
        filter { $0.parentSpanId == parent }.sorted { $0.startTimeUnixNano < $1.startTimeUnixNano }.flatMap { span in
            let kinds = ["", "internal", "server", "client", "producer", "consumer"]
            return ["\(indentation)\(span.name) (\(kinds[span.kind]))"]
                + tree(below: span.spanId, indentation: indentation + "  ")
        }
    }
}
