import BgdemoTestSupport
import Subprocess
import Testing

@Suite("A signal that ends the program", .timeLimit(.minutes(3)))
struct SignalTests {
    @Test(
        "stops it gracefully: what is in hand is sent, and the exit is 0",
        arguments: [Signal.terminate, .interrupt, .quit, .terminalClosed])
    func graceful(signal: Signal) async throws {
        let (_, status) = try await withProgram(
            ["serve", "--strategy", "fire-and-forget", "--port", "0", "--smtp-delay", "1s"]
        ) { program in
            let port = try await program.port()
            #expect(try await fetch("/you@example.org/s/t", port: port).status == 200)
            try program.signal(signal)
            _ = try await program.line { $0.contains("Sent an email to you@example.org") }
            try await program.end()
        }
        #expect(status == .exited(0))
    }

    @Test(
        "that comes again ends it at once, also while it waits for mails under way",
        arguments: ["foreground", "fire-and-forget"])
    func again(strategy: String) async throws {
        let (_, status) = try await withProgram(
            ["serve", "--strategy", strategy, "--port", "0", "--smtp-delay", "60s", "--grace", "40s"]
        ) { program in
            let port = try await program.port()
            let request = Task { try await fetch("/you@example.org/s/t", port: port) }
            if strategy == "foreground" {
                while try await !fetch("/metrics", port: port).text.contains("bgdemo_mails_in_flight 1") {}
            } else {
                #expect(try await request.value.status == 200)
            }
            try program.signal(.interrupt)
            // It has stopped to listen, and waits.
            while (try? await RawClient.connect(port: port).close()) != nil {}
            try program.signal(.interrupt)
            try await program.end(within: .seconds(10))
            _ = try? await request.value
        }
        #expect(status == .exited(130))
    }

    @Test("ends workers without an event in hand within a second, also where Redis takes no writes or is away")
    func eventr() async throws {
        for isAway in [false, true] {
            try await withRedisServer { server in
                let (took, status) = try await withProgram(
                    [
                        "serve", "--strategy", "eventr", "--port", "0", "--redis-url", server.url, "--smtp-url",
                        "discard:",
                    ]
                ) { program in
                    let port = try await program.port()
                    #expect(try await fetch("/you@example.org/s/t", port: port).status == 200)
                    _ = try await program.line { $0.contains("Sent an email") || $0.contains("email handler") }
                    // What is handled is in hand until it is acknowledged.
                    while try await redisCLI(["-s", server.socket, "KEYS", "*leases:*"]).contains("leases") {}
                    if isAway {
                        try await server.end()
                    } else {
                        _ = try await redisCLI(["-s", server.socket, "REPLICAOF", "127.0.0.1", "1"])
                    }
                    while try await fetch("/readyz", port: port).status != 503 {}
                    let start = ContinuousClock.now
                    try program.signal(.terminate)
                    try await program.end()
                    return ContinuousClock.now - start
                }
                #expect(status == .exited(0))
                // The limit is 1 s; a loaded machine may take a moment more.
                #expect(took < .seconds(2), "\(took)")
                if isAway { try await server.start() }
            }
        }
    }

    @Test("ends queuebus within a second, also where its subscriptions could not be written yet")
    func queuebus() async throws {
        try await withRedisServer(["--min-replicas-to-write", "1"]) { server in
            let serve = ["serve", "--strategy", "queuebus", "--role", "worker", "--redis-url", server.url]
            let (took, status) = try await withProgram(serve + ["--smtp-url", "discard:"]) { program in
                _ = try await program.line { $0.contains("The subscriptions can't be written") }
                let start = ContinuousClock.now
                try program.signal(.terminate)
                try await program.end()
                return ContinuousClock.now - start
            }
            #expect(status == .exited(0))
            #expect(took < .seconds(2), "\(took)")
        }
    }
}
