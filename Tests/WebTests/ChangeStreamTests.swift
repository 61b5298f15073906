import BgdemoTestSupport
import NIOCore
import Synchronization
import Testing

@testable import BgdemoHTTPServer
@testable import BgdemoWeb

@Suite(.timeLimit(.minutes(1))) struct ChangeStreamTests {
    private func open(_ web: WebServer, _ target: String = "/changes?page=/", _ header: String = "") async throws
        -> RawClient
    {
        let client = try await RawClient.connect(port: web.server.port)
        try await client.send("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\(header)\r\n")
        return client
    }

    /// What comes until `word` is in it.
    private func read(_ client: RawClient, until word: String) async throws -> String {
        try await client.wait(word) { bytes, _ in
            let text = String(buffer: bytes)
            guard text.contains(word) else { return nil }
            bytes.clear()
            return text
        }
    }

    @Test("A stream tells of each change, and goes on after the last event")
    func changes() async throws {
        try await WebServer.with { web in
            let client = try await open(web)
            let head = try await read(client, until: "data: changed\n\n")
            #expect(head.contains("Content-Type: text/event-stream\r\n") && head.contains("Connection: close\r\n"))
            #expect(!head.contains("Content-Length") && head.contains("retry: 1000\n"))
            try await web.receive(["Subject: s\r\n\r\nx"])
            let event = try await read(client, until: "data: changed\n\n")
            await client.close()
            let id = String(event.split(separator: "\n")[0].dropFirst(4))
            // Nothing has changed since, so that the first event is of the next mail.
            let again = try await open(web, "/changes?page=/", "Last-Event-ID: \(id)\r\n")
            let quiet = try await read(again, until: "retry: 1000\n\n")
            #expect(!quiet.contains("data:"))
            try await web.receive(["Subject: s\r\n\r\nx"])
            _ = try await read(again, until: "data: changed\n\n")
            await again.close()
        }
    }

    @Test("What changes all the time has an event at each interval, and no more")
    func constantChange() async throws {
        let version = Mutex(0)
        let response = try EventStreams().changes(after: nil, every: .milliseconds(300)) {
            version.withLock { version in
                version += 1
                return "\(version)"
            }
        }
        guard case .stream(let stream) = response.body else {
            Issue.record("\(response.body)")
            return
        }
        let clock = ContinuousClock()
        let time = await clock.measure {
            for _ in 0..<4 { #expect(await stream.next()?.contains("data: changed") == true) }
        }
        // The first comes at once.
        #expect(time > .milliseconds(900))
    }

    @Test("A page hears of a server where nothing changes")
    func quiet() async throws {
        let response = try EventStreams().changes(after: "1", every: .milliseconds(5), silence: .milliseconds(20)) {
            "1"
        }
        guard case .stream(let stream) = response.body else {
            Issue.record("\(response.body)")
            return
        }
        #expect(await stream.next() == "retry: 1000\n\n")
        #expect(await stream.next() == "event: quiet\ndata: \n\n")
    }

    @Test("Draining ends the streams at once")
    func drain() async throws {
        try await WebServer.with { web in
            let client = try await open(web)
            _ = try await read(client, until: "data: changed\n\n")
            let clock = ContinuousClock()
            let time = await clock.measure { await web.server.drain(within: .seconds(20)) }
            #expect(time < .seconds(2))
            _ = try await client.readToEnd()
        }
    }

    @Test("The 101st stream is refused, and one that ends makes room")
    func limit() async throws {
        try await WebServer.with { web in
            var clients: [RawClient] = []
            for _ in 0..<100 {
                let client = try await open(web)
                _ = try await read(client, until: "data: changed\n\n")
                clients.append(client)
            }
            let refused = try await open(web)
            _ = try await read(refused, until: "HTTP/1.1 503 Service Unavailable")
            for client in clients { await client.close() }
            let deadline = ContinuousClock.now + .seconds(10)
            while true {
                let next = try await open(web)
                let head = try await read(next, until: "\r\n\r\n")
                await next.close()
                if head.contains("200 OK") { break }
                try #require(ContinuousClock.now < deadline)
                await Task.yield()
            }
        }
    }

    @Test("Only pages that are there have a stream")
    func unknown() async throws {
        try await WebServer.with { web in
            for target in ["/changes", "/changes?page=/x", "/changes?page=x"] {
                let response = try await web.get(target)
                #expect(response.status == 404)
            }
        }
    }
}
