import Foundation
import Subprocess
import BgdemoTestSupport
import Testing

/// `bgdemo bus`, as its users run it.
@Suite(.timeLimit(.minutes(1)))
struct BusVerbTests {
    private func bus(_ server: RedisServer, _ words: String...) async throws -> (text: String, TerminationStatus) {
        try await bus(server, words)
    }

    private func bus(_ server: RedisServer, _ words: [String]) async throws -> (text: String, TerminationStatus) {
        let (lines, status) = try await withProgram(["bus"] + words + ["--redis-url", server.url]) { program in
            try await program.end()
            return program.lines
        }
        return (lines.joined(separator: "\n"), status)
    }

    @Test("Applications come and go, and are shown with what they match and how long their queues are")
    func subscriptions() async throws {
        try await withRedisServer { server in
            #expect(try await bus(server).text.hasSuffix("0 events wait in bus_incoming for a driver"))
            #expect(
                try await bus(
                    server, "subscribe", "Billing App", "pros", "--match", "bus_event_type=user_.*", "--match",
                    "phone:present", "--queue", "slow", "--class", "::Pros"
                ).text == "billing_app has what matches bus_event_type=user_.* phone:present in billing_app_slow")
            #expect(
                try await bus(server, "subscribe", "crm", "user_created").text
                    == "crm has what matches bus_event_type=user_created in crm_default")
            let json = try await bus(server, "list", "--json").text
            let overview = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
            let rows = try #require(overview["subscriptions"] as? [[String: Any]])
            #expect(rows.map { $0["key"] as? String } == ["pros", "user_created"])
            #expect(rows.map { $0["queue"] as? String } == ["billing_app_slow", "crm_default"])
            #expect(rows.map { $0["riderClass"] as? String } == ["::Pros", "::QueueBus::Rider"])
            #expect(rows.map { $0["length"] as? Int } == [0, 0])
            #expect(
                try await bus(server, "unsubscribe", "crm", "user_created").text == "crm user_created is off the bus")
            #expect(try await !bus(server).text.contains("crm"))
            #expect(try await bus(server, "unsubscribe", "Billing App").text == "billing_app is off the bus")
            #expect(try await bus(server, "unsubscribe", "billing_app").1 == .exited(64))
            #expect(try await bus(server, "unsubscribe", "billing_app", "pros").1 == .exited(64))
        }
    }

    @Test("Events of every match, published now or later, reach their riders")
    func publish() async throws {
        try await withRedisServer { server in
            for (key, match) in [
                ("text", "a=x"), ("regex", "a=[xy]"), ("word", "a=present"), ("key", "a:key"), ("blank", "b:blank"),
                ("empty", "a:empty"), ("nil", "b:nil"), ("present", "a:present"), ("value", "a:value"),
            ] {
                #expect(
                    try await bus(server, "subscribe", key, "k", "--match", match, "--queue", "q").1 == .exited(0))
            }
            #expect(try await bus(server, "publish", "happened", #"{"a":"x"}"#).text.hasSuffix("is on the bus"))
            #expect(
                try await bus(server, "publish", "later", #"{"a":""}"#, "--in", "1s").text.hasSuffix("in 1.0 seconds"))
            #expect(try await bus(server, "publish", "past", #"{"b":1}"#, "--at", "2026-01-01").1 == .exited(0))
            #expect(try await bus(server, "publish", "far", "--at", "2999-01-01T00:00Z").1 == .exited(0))
            #expect(try await bus(server).text.contains("1 event waits in bus_incoming"))
            let worker = [
                "serve", "--strategy", "queuebus", "--role", "worker", "--smtp-url", "discard:", "--redis-url",
                server.url,
            ]
            _ = try await withProgram(worker) { program in
                _ = try await program.line {
                    $0.contains("no subscription matches the event") && $0.contains("bus_event_type=past")
                }
                // What was for later has gone its way when its copies are there.
                let lengths = [
                    "blank": 2, "empty": 1, "key": 2, "nil": 2, "present": 1, "regex": 1, "text": 1, "value": 2,
                    "word": 0,
                ]
                while true {
                    let json = try await bus(server, "list", "--json").text
                    let overview = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
                    let rows = (overview?["subscriptions"] as? [[String: Any]] ?? []).filter {
                        $0["application"] as? String != "mailer"
                    }
                    let found = Dictionary(
                        rows.map { ($0["application"] as? String ?? "", $0["length"] as? Int ?? 0) }
                    ) { $1 }
                    if found == lengths { break }
                }
            }
        }
    }

    @Test(
        "What can't be meant is refused with 64",
        arguments: [
            ["publish"], ["publish", ""], ["publish", "x", "[]"], ["publish", "x", "{"],
            ["publish", "x", "--at", "soon"],
            ["publish", "x", "--at", "2999-01-01", "--in", "3s"], ["publish", "x", "--in", "soon"],
            ["subscribe", "a"], ["subscribe", "--", "-", "k"], ["subscribe", "a", ""],
            ["subscribe", "a", "k", "--match", "x"], ["subscribe", "a", "k", "--match", "x:y"],
            ["subscribe", "a", "k", "--match", "=y"], ["subscribe", "a", "k", "--match", "x="],
            ["subscribe", "a", "k", "--match", "x=1", "--match", "x=2"], ["subscribe", "a", "k", "--class", ""],
            ["unsubscribe", "nobody"], ["unsubscribe", "nobody", "k"], ["nothing"],
        ])
    func refusals(words: [String]) async throws {
        try await withRedisServer { server in
            let place = words.firstIndex(of: "--") ?? words.endIndex
            let all = words[..<place] + ["--redis-url", server.url] + words[place...]
            let (lines, status) = try await withProgram(["bus"] + all) { program in
                try await program.end()
                return program.lines
            }
            #expect(status == .exited(64), "\(lines)")
            #expect(lines.first?.hasPrefix("Error: ") == true)
        }
    }
}
