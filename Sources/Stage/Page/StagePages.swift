import BgdemoFoundations
public import BgdemoHTTPServer
import BgdemoWeb
import NIOCore

/// The page of the stage, its event stream, and its hands. Beyond loopback it is not served: who sees it may kill processes.
public struct StagePages: HTTPHandler {
    private let stage: Stage
    private let browsers = BrowserCheck()

    public init(_ stage: Stage) {
        self.stage = stage
    }

    public func respond(to request: HTTPRequest) async -> HTTPResponse {
        let path = request.target.prefix { $0 != "?" }
        switch (request.method, path) {
        case (.get, "/"): return HTTPResponse(.ok, .html, .bytes(StageAssets.page), headers: WebSite.headers)
        case (.get, _) where path.hasBytePrefix("/assets/"):
            guard let asset = StageAssets.named(path.dropFirst(8)) else { return Self.notFound }
            return HTTPResponse(.ok, asset.type, .bytes(asset.bytes), headers: WebSite.headers)
        case (.get, "/events"): return events()
        case (.get, "/stage.json"): return HTTPResponse(.ok, .json, stage.journal.lastScores + "\n")
        case (.get, "/export"): return export()
        case (.get, "/compare"): return report()
        case (.post, "/do"): return await act(request)
        default: return Self.notFound
        }
    }

    private func act(_ request: HTTPRequest) async -> HTTPResponse {
        do {
            try browsers.check(request.fields)
            try await stage.act(StageAction(String(buffer: request.body)))
            return HTTPResponse(.noContent, .text, "")
        } catch let problem as Problem {
            return problem.response
        } catch {
            return Problem(.conflict, printable("\(error)", limit: 300)).response
        }
    }

    /// Each line of the journal as an event (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).
    private func events() -> HTTPResponse {
        guard let lines = stage.watch() else {
            return Problem.unavailable("\(EventJournal.maxWatchers) pages are open", retryAfter: .seconds(10)).response
        }
        let iterator = EventIterator(lines: lines)
        let stream = ResponseStream(next: { await iterator.next().map { "data: \($0)\n\n" } }, ended: {})
        return HTTPResponse(.ok, .eventStream, .stream(stream))
    }

    private func report() -> HTTPResponse {
        guard let report = stage.report else { return Problem(.notFound, "compare has not run yet").response }
        return HTTPResponse(.ok, .html, report, headers: Self.reportHeaders)
    }

    private func export() -> HTTPResponse {
        do {
            return HTTPResponse(
                .ok, .html, try StageExport.page(ofRecord: stage.recordPath),
                headers: [HTTPHeader("Content-Disposition", "attachment; filename=\"stage.html\"")])
        } catch {
            return Problem(.conflict, printable("\(error)", limit: 300)).response
        }
    }

    private static let notFound = Problem(.notFound, "there is no such page").response

    /// A report has its styles within and no script; the page shows it in a frame.
    private static let reportHeaders = [
        HTTPHeader(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'self'")
    ]
}

/// The lines of one who watches. One task at a time asks for the next.
private struct EventIterator: Sendable {
    let lines: AsyncStream<String>

    func next() async -> String? {
        for await line in lines { return line }
        return nil
    }
}
