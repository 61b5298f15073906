import Foundation
import BgdemoSMTPInbox
import BgdemoEmail
import BgdemoSystemCompat
import Subprocess
import BgdemoTestSupport
import Testing

/// The master and its children.
@Suite("The master", .serialized, .timeLimit(.minutes(2)))
struct MasterTests {
    private static func inbox(_ delay: Duration) -> InboxSettings {
        var settings = InboxSettings()
        settings.delay = .fixed(delay)
        return settings
    }

    @Test("On SIGTERM the web server goes first, then the mails, then the worker, and the exit code is 0")
    func graceful() async throws {
        let (lines, status) = try await withLocalService(["--concurrency", "5"], inbox: Self.inbox(.milliseconds(50))) {
            service in
            _ = try await service.ready(LocalService.worker)
            let answered = await service.load((0..<200).map { "mail-\($0)" }, perSecond: 2000)
            #expect(answered.count == 200)
            try service.program.signal(.terminate)
            try await service.program.end()
            #expect(service.arrivals.value.count == 200)
            #expect(service.duplicates == 0)
            return service.program.lines
        }
        #expect(status == .exited(0))
        let order = ["web server @", "email worker @"].map { title in
            lines.firstIndex { $0.contains("[\(title)") && $0.contains("] ended") && $0.contains("exit code 0") }
        }
        let (server, worker) = (try #require(order[0]), try #require(order[1]))
        #expect(server < worker)
        #expect(lines[server...worker].contains { $0.contains("Sent an email") })
    }

    @Test("On SIGTERM new clients are refused at once, while the mails are still being sent")
    func refused() async throws {
        try await withLocalService(["--concurrency", "1"], inbox: Self.inbox(.milliseconds(200))) { service in
            _ = try await service.ready(LocalService.worker)
            let answered = await service.load((0..<15).map { "mail-\($0)" }, perSecond: 500)
            #expect(answered.count == 15)
            try service.program.signal(.terminate)
            let signalled = ContinuousClock.now
            while let client = try? await RawClient.connect(port: service.port) {
                await client.close()
                guard ContinuousClock.now - signalled < .seconds(2) else { break }
            }
            #expect(ContinuousClock.now - signalled < .seconds(1))
            #expect(service.arrivals.value.count < 15)
            try await service.arrived(answered)
        }
    }

    @Test("On SIGHUP every child is renewed, and no connection is refused, reset or left unanswered")
    func renewal() async throws {
        try await withLocalService { service in
            var servers = [try await service.ready(LocalService.server)]
            var workers = [try await service.ready(LocalService.worker)]
            let isOver = Watched(false)
            async let answers = withThrowingTaskGroup(of: Int.self) { group in
                for lane in 0..<4 {
                    group.addTask {
                        var count = 0
                        while !isOver.value {
                            let answer = try await fetch("/you@example.org/mail-\(lane)-\(count)/t", port: service.port)
                            #expect(answer.status == 200, "\(answer.text)")
                            count += 1
                        }
                        return count
                    }
                }
                return try await group.reduce(0, +)
            }
            for _ in 1...3 {
                try service.program.signal(.terminalClosed)
                let (server, worker) = (servers[servers.count - 1], workers[workers.count - 1])
                servers.append(try await service.ready(LocalService.server, notIn: servers))
                _ = try await service.program.line {
                    $0.contains("[web server @ \(server)] ended") && $0.contains("exit code 0")
                }
                workers.append(try await service.ready(LocalService.worker, notIn: workers))
                _ = try await service.program.line {
                    $0.contains("[email worker @ \(worker)] ended") && $0.contains("exit code 0")
                }
            }
            isOver.change { $0 = true }
            let count = try await answers
            #expect(count > 50)
            try await service.arrivals.wait { $0.count == count }
            #expect(service.duplicates == 0)
            #expect(!service.program.lines.contains { $0.contains("died") })
        }
    }

    @Test("A full backlog is 503 with Retry-After, exact to one mail; unsent mails are logged")
    func backlog() async throws {
        let options = ["--backlog", "20", "--concurrency", "5", "--grace", "200ms"]
        let (lines, _) = try await withLocalService(options, inbox: Self.inbox(.seconds(60))) { service in
            _ = try await service.ready(LocalService.worker)
            for place in 1...20 {
                #expect(try await fetch("/you@example.org/mail-\(place)/t", port: service.port).status == 200)
            }
            let refusal = try await fetch("/you@example.org/one-more/t", port: service.port)
            #expect(refusal.status == 503)
            #expect(refusal["retry-after"] == "1")
            #expect(refusal.text.contains("backlog"))
            #expect(try await fetch("/readyz", port: service.port).status == 503)
            try service.program.signal(.terminate)
            try await service.program.end()
            return service.program.lines
        }
        #expect(lines.contains { $0.contains("mails were not sent in time and are lost") && $0.contains("mails=20") })
    }

    @Test("A worker refuses none of the mails that it is given, though the spool has more than the backlog takes now")
    func smallerBacklog() async throws {
        try await withDirectory { directory in
            let options = ["--spool", directory.string, "--attempts", "1"]
            let (answered, _) = try await withLocalService(
                options + ["--concurrency", "1", "--grace", "200ms"], inbox: Self.inbox(.seconds(60))
            ) { service in
                _ = try await service.ready(LocalService.worker)
                let answered = await service.load((0..<60).map { "mail-\($0)" }, perSecond: 2000)
                try service.program.signal(.kill)
                return answered
            }
            #expect(answered.count == 60)
            try await withLocalService(options + ["--backlog", "10"], inbox: Self.inbox(.milliseconds(500))) {
                service in
                try await service.arrived(answered)
                #expect(!service.program.lines.contains { $0.contains("gave up") })
            }
        }
    }

    @Test("What can't be sent is tried again, and then rests in the dead letters")
    func deadLetters() async throws {
        try await withDirectory { directory in
            let file = directory.appending("dead.jsonl").string
            let options = ["--dead-letters", file, "--attempts", "3", "--retry-delay", "20ms"]
            try await withLocalService(options) { service in
                _ = try await service.ready(LocalService.worker)
                for address in ["fail-550@example.org", "fail-450@example.org", "fail-once@example.org"] {
                    #expect(try await fetch("/\(address)/s%22ubject/text", port: service.port).status == 200)
                }
                try await service.arrivals.wait { $0["s\"ubject"] == 1 }
                let permanent = try await service.program.line { $0.contains("gave up") && $0.contains("550") }
                #expect(permanent.contains("attempts=1"))
                let temporary = try await service.program.line { $0.contains("gave up") && $0.contains("450") }
                #expect(temporary.contains("attempts=3"))
                try service.program.signal(.terminate)
                try await service.program.end()
            }
            let letters = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map {
                try JSONDecoder().decode(DeadLetter.self, from: Data($0.utf8))
            }
            #expect(Set(letters.map(\.to)) == ["fail-550@example.org", "fail-450@example.org"])
            #expect(letters.allSatisfy { $0.subject == "s\"ubject" && $0.text == "text" && EmailID($0.mail) != nil })
            #expect(letters.first { $0.to.contains("550") }?.outcome == "permanent")
            #expect(letters.first { $0.to.contains("450") }?.code == 450)
        }
    }

    private struct DeadLetter: Decodable {
        let outcome, mail, to, subject, text: String
        let code: Int?
    }

    @Test("In the original a dead worker's mails are lost, and later ones arrive")
    func talk() async throws {
        try await withLocalService(["--semantics", "talk"], inbox: Self.inbox(.milliseconds(300))) { service in
            let worker = try await service.ready(LocalService.worker)
            for place in 1...10 {
                #expect(try await fetch("/you@example.org/mail-\(place)/t", port: service.port).status == 200)
            }
            _ = try await service.program.line { $0.contains("[email worker @ \(worker)] email sent!") }
            kill(worker, SIGKILL)
            _ = try await service.program.line {
                $0.contains("died :(") && $0.contains("signal 9") && $0.contains("lost=")
            }
            _ = try await service.ready(LocalService.worker, notIn: [worker])
            #expect(try await fetch("/you@example.org/after/t", port: service.port).status == 200)
            try await service.arrivals.wait { $0["after"] == 1 }
            #expect(service.arrivals.value.count < 6)
        }
    }

    @Test("A worker that dies before it is ready is waited for longer each time, says why, and comes back when it can")
    func crashLoop() async throws {
        try await withDirectory { directory in
            let file = directory.appending("ca.pem").string
            try Data().write(to: URL(filePath: file))
            try await withLocalService(["--smtp-ca-file", file]) { service in
                let worker = try await service.ready(LocalService.worker)
                try FileManager.default.removeItem(atPath: file)
                kill(worker, SIGKILL)
                for wait in [250, 500, 1000] {
                    _ = try await service.program.line {
                        $0.contains("email worker dies again") && $0.contains("\(wait) ms")
                    }
                }
                _ = try await service.program.line {
                    $0.contains("[email worker @") && $0.contains("can't read the certificates")
                }
                // The web server takes mails meanwhile.
                #expect(try await fetch("/you@example.org/meanwhile/t", port: service.port).status == 200)
                try Data().write(to: URL(filePath: file))
                _ = try await service.ready(LocalService.worker, notIn: [worker])
                try await service.arrived(["meanwhile"])
            }
        }
    }

    #if os(Linux)
        @Test("Garbage on a pipe is logged, and costs no process its life")
        func garbled() async throws {
            try await withLocalService { service in
                let worker = try await service.ready(LocalService.worker)
                let server = try await service.ready(LocalService.server)
                let lines = ["garbage", "{\"sent\":\"01arz3ndektsv4rrffq69g5fav\"}", "{\"mail\":1}", "\u{0}"]
                for child in [worker, server] {
                    let pipe = try #require(try messagePipe(of: child))
                    try pipe.write(contentsOf: Data(lines.joined(separator: "\n").utf8 + [0xff, 0x0a]))
                    _ = try await service.program.line {
                        $0.contains("ignoring an invalid message") && $0.contains("@ \(child)")
                            && $0.contains("garbage")
                    }
                }
                #expect(try await fetch("/you@example.org/after/t", port: service.port).status == 200)
                try await service.arrived(["after"])
                #expect(!service.program.lines.contains { $0.contains("died") })
            }
        }

        /// The pipe that a child writes its messages to: the one that is neither its output nor its errors.
        private func messagePipe(of child: Int32) throws -> FileHandle? {
            let directory = "/proc/\(child)/fd"
            func target(_ name: String) -> String? {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\(name)")
            }
            let name = try FileManager.default.contentsOfDirectory(atPath: directory).first { name in
                (Int(name) ?? 0) > 2 && target(name)?.hasPrefix("pipe:") == true && target(name) != target("2")
            }
            return name.flatMap { FileHandle(forWritingAtPath: "\(directory)/\($0)") }
        }
    #endif
}

@Suite("A child that hangs", .timeLimit(.minutes(1)))
struct HangTests {
    @Test("A child that hangs for 10 s is killed, and its mails go to the next")
    func hang() async throws {
        try await withLocalService { service in
            let worker = try await service.ready(LocalService.worker)
            kill(worker, SIGSTOP)
            #expect(try await fetch("/you@example.org/stuck/t", port: service.port).status == 200)
            _ = try await service.program.line {
                $0.contains("killing a child that does not answer") && $0.contains("email worker @ \(worker)")
                    && $0.contains("10 s")
            }
            _ = try await service.program.line { $0.contains("@ \(worker)] died :(") && $0.contains("requeued=1") }
            _ = try await service.ready(LocalService.worker, notIn: [worker])
            try await service.arrived(["stuck"])
            #expect(service.duplicates == 0)
        }
    }
}
