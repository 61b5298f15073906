import BgdemoTestSupport
import Subprocess
import Testing

/// What the program says to a command line with a typical mistake.
@Suite("Typical mistakes on the command line", .timeLimit(.minutes(2)))
struct MistakeTests {
    private static let time =
        "a time is a number and ms, s, m, h or d, such as 250ms, 1.5s or 7d; without a unit, seconds"
    private static let delay = "a delay is 2s, 100ms..2s, exp:250ms or normal:250ms,50ms"

    static let mistakes: [(line: String, answer: String)] = [
        // Words.
        ("serve resque", "Did you mean 'bgdemo serve --strategy resque'?"),
        ("resque", "Did you mean 'bgdemo serve --strategy resque'?"),
        ("fire-and-forgot", "Did you mean 'bgdemo serve --strategy fire-and-forget'?"),
        ("sevre", "Did you mean 'bgdemo serve'?"),
        ("inbx --delay 2s", "Did you mean 'bgdemo inbox'?"),
        ("version", "Did you mean 'bgdemo --version'?"),
        ("compare resque", "Did you mean 'bgdemo compare --strategies resque'?"),
        ("chaos local", "Did you mean 'bgdemo chaos --strategies local'?"),
        ("queues lenght", "Unexpected argument 'lenght'"),
        ("bus publish x --at 2026-02-30T00:00", "'2026-02-30T00:00' is no time"),
        ("bus publish x --at 2026-04-30T25:61", "'2026-04-30T25:61' is no time"),
        ("compare --json /", "/ is a folder; name a file in it"),
        ("queues worker", "Did you mean 'bgdemo queues workers'?"),
        ("events tial", "Did you mean 'bgdemo events tail'?"),
        ("serve --stratgy resque", "Did you mean '--strategy'?"),
        ("doctor --portt 1", "Did you mean '--port'?"),
        ("serve --strategy resqe", "- resque"),
        ("serve --strategy Resque", "Did you mean 'bgdemo serve --strategy resque'?"),
        ("--strategy resque --port 80", "Did you mean 'bgdemo serve --strategy resque --port 80'?"),
        ("start", "Did you mean 'bgdemo serve'?"),
        ("serve -s resque", "Did you mean 'bgdemo serve --strategy'?"),
        ("serve --redis localhost", "Unknown option '--redis'\n"),
        ("serve --strategy", "Missing value for '--strategy <strategy>'"),
        ("serve --role wroker", "'all', 'server' or 'worker'"),
        ("serve --log-level verbose", "- warning"),
        ("serve --log-format yaml", "'text' and 'json'"),
        ("serve --semantics old", "'safe', 'original' or 'talk'"),
        ("serve --smtp-tls yes", "'off', 'offered' or 'required'"),
        // Lists: the part that is wrong.
        ("compare --strategies resque,evntr", "'evntr' is not a strategy; did you mean eventr?"),
        ("compare --strategies resque,kafka", "'kafka' is not a strategy; it is one of foreground, "),
        ("compare --strategies resque,", "'' is not a strategy"),
        ("chaos --faults kill-worker,kil-redis", "'kil-redis' is not a fault; "),
        (
            "chaos --target http://127.0.0.1:1 --inbox-port 2525 --target-pids 4711 --faults kill-server",
            "--faults kill-server needs files with the pids in --target-pids"
        ),
        ("chaos --rate 0", "--rate is 1 to 1000 requests a second"),
        ("compare --sweep 100,2oo", "'2oo' is not a rate; one is a number of requests a second"),
        // Times.
        ("serve --throttle 1sec", time),
        ("serve --throttle=-1s", time),
        ("serve --grace 30seconds", time),
        ("serve --smtp-timeout 1min", time),
        ("serve --smtp-timeout 0", "--smtp-timeout is more than 0"),
        ("serve --strategy eventr --lease 10sec", time),
        ("compare --duration 10x", time),
        ("events trim --older-than week", time),
        ("bus publish x --in soon", time),
        ("enqueue sendEmail --in 3secs", time),
        ("serve --smtp-delay 2sec", delay),
        ("inbox --delay 2s..1s", delay),
        ("events tail --from yesterday", "write 2026-11-23T15:00, in UTC"),
        // Numbers.
        ("serve --port 80a", "'80a' is invalid for '--port <port>': it is a whole number"),
        ("serve --port 99999", "99999 is not a port: 0 to 65535"),
        ("serve --concurrency 0", "--concurrency is at least 1"),
        ("serve --attempts none", "'none' is invalid for '--attempts <number>'"),
        (
            "serve --rate-limit 10/s",
            "it is a number without a unit, such as 0.5 or 100\nHelp:  --rate-limit <number>  Mails a second"
        ),
        ("inbox --fail-rate 10", "--fail-rate is from 0 to 1"),
        ("inbox --fail-rate 10%", "This share of the mails, 0 to 1"),
        ("inbox --fail rctp:550", "'rctp' is not a stage; it is one of banner, ehlo, "),
        ("inbox --fail rcpt:999", "a code from 400 to 599, drop or hang"),
        (
            "bench --target http://h --rate 5 --concurrency 4",
            "--rate is an open loop, --concurrency a closed one: choose"
        ),
        // Addresses.
        ("serve --smtp-url localhost:25", "it has no scheme; write smtp://localhost:25"),
        ("serve --smtp-url mail.example.org", "it has no scheme; write smtp://mail.example.org"),
        ("serve --smtp-url http://x", "an SMTP URL is like smtp://user@host:587, smtps://host, gmail or discard:"),
        ("serve --smtp-url smtp://u:p#x@h", "in a user or a password / is written %2F, ? %3F and # %23"),
        ("serve --smtp-url smtp://u:p/x@h", "in a user or a password / is written %2F, ? %3F and # %23"),
        ("serve --smtp-url smtp://h:99999", "after the host stands a port from 1 to 65535"),
        ("serve --strategy resque --redis-url localhost:6379", "it has no scheme; write redis://localhost:6379"),
        ("serve --strategy resque --redis-url redis://:p#x@h", "/ is written %2F, ? %3F and # %23"),
        ("serve --strategy resque --redis-url redis://h/x", "the database is a number, usually 0 to 15"),
        ("serve --strategy resque --redis-url http://h", "it begins with redis://, rediss:// (TLS)"),
        ("bench --target 127.0.0.1:8080", "it has no scheme; write http://127.0.0.1:8080"),
        ("bench --target https://h", "it must begin with http:// (https is not supported)"),
        ("bench", "--target <target>"),
        ("serve --from me", "--from: an address has an @, like you@example.org"),
        ("serve --host 0.0.0.0", "specify a --token-file, or --allow-recipient '*@example.org', or --anyone-may-send"),
        // What does not go together.
        ("serve --role worker", "foreground has no worker half"),
        ("serve --strategy local --role worker", "leave --role out"),
        ("help srve", "Did you mean 'bgdemo help serve'?"),
        ("queues retry", "say which: bgdemo queues retry ENTRY, or"),
        ("bus publish x notjson", "write it so: '{\"id\":7}'"),
        ("compare --json /nonexistent/x.json", "is there such a folder, and may you write in it?"),
        ("compare --compare-to nofile", "nofile of --compare-to can't be read"),
    ]

    @Test("A mistake is named, with what to write instead, and the exit is 64", arguments: mistakes)
    func mistake(line: String, answer: String) async throws {
        let (lines, status) = try await withProgram(line.split(separator: " ").map(String.init)) { program in
            try await program.end()
            return program.lines
        }
        #expect(lines.joined(separator: "\n").contains(answer), "\(lines.joined(separator: "\n"))")
        #expect(status == .exited(64))
    }

    @Test(
        "So is one in a variable of the environment",
        arguments: [
            ("BGDEMO_THROTTLE", "1sec", time), ("BGDEMO_SMTP_DELAY", "2sec", delay),
            ("PORT", "http", "PORT has an invalid value: 'http'; it is a whole number"),
            ("BGDEMO_STRATEGY", "resqe", "it is one of foreground, "),
            ("SMTP_URL", "localhost:25", "smtp://localhost:25"),
            ("BGDEMO_ANYONE_MAY_SEND", "true", "BGDEMO_ANYONE_MAY_SEND is yes or no, not 'true'"),
        ])
    func variable(name: String, value: String, answer: String) async throws {
        let (lines, status) = try await withProgram(["serve"], environment: [name: value]) { program in
            try await program.end()
            return program.lines
        }
        #expect(lines.first?.contains(answer) == true, "\(lines)")
        #expect(status == .exited(64))
    }

    @Test(
        "bench says that nothing listens before it measures", arguments: ["bench", "compare --strategies foreground"])
    func absentTarget(command: String) async throws {
        let arguments = command.split(separator: " ").map(String.init) + ["--target", "http://127.0.0.1:1"]
        let (lines, status) = try await withProgram(arguments) { program in
            try await program.end()
            return program.lines
        }
        #expect(
            lines == [
                "Error: nothing listens on http://127.0.0.1:1 (connection refused): start the service first, or correct --target"
            ])
        #expect(status == .exited(1))
    }

    @Test("Without Redis, serve warns once and names no URL to curl", arguments: ["resque", "eventr", "pubsub"])
    func redisAway(strategy: String) async throws {
        let arguments = ["serve", "--port", "0", "--role", "server", "--strategy", strategy]
        _ = try await withProgram(arguments + ["--redis-url", "redis://127.0.0.1:1"]) { program in
            let line = try await program.line { $0.hasPrefix("bgdemo \(strategy) ") }
            #expect(line.hasPrefix("bgdemo \(strategy) · not ready · redis redis://127.0.0.1:1/0"), "\(line)")
            #expect(program.lines.count { $0.contains("Redis is unavailable") } == 1, "\(program.lines)")
        }
    }
}
