import Foundation
import BgdemoSMTPInbox
import NIOCore
import BgdemoSystemCompat
import Subprocess
import BgdemoTestSupport
import Testing

/// What is killed while mails are on their way, and what arrives nevertheless.
@Suite("Killed processes", .serialized, .timeLimit(.minutes(2)))
struct KillTests {
    private static func subjects(_ count: Int, _ round: Int = 0) -> [String] {
        (0..<count).map { "mail-\(round)-\($0)" }
    }

    private static func delay(_ delay: Duration) -> InboxSettings {
        var settings = InboxSettings()
        settings.delay = .fixed(delay)
        return settings
    }

    @Test("Every mail that was answered arrives, though the worker is killed ten times and the web server five times")
    func children() async throws {
        let window = 20
        let subjects = Self.subjects(2000)
        try await withLocalService(["--concurrency", "\(window)"], inbox: Self.delay(.milliseconds(10))) { service in
            var workers = [try await service.ready(LocalService.worker)]
            var servers = [try await service.ready(LocalService.server)]
            async let answered = service.load(subjects, perSecond: 500)
            for kill in 1...10 {
                workers.append(try await service.replace(workers[kill - 1], LocalService.worker, after: workers))
                guard kill % 2 == 0 else { continue }
                servers.append(try await service.replace(servers[kill / 2 - 1], LocalService.server, after: servers))
            }
            let safe = await answered
            // The rest is what was under way, unanswered, when a web server was killed.
            #expect(safe.count >= subjects.count - 5 * 64)
            try await service.arrived(safe)
            #expect(service.duplicates <= 10 * window)
            // Ten deaths are no loop: each has its successor at once. How long that takes to start is measured elsewhere.
            #expect(!service.program.lines.contains { $0.contains("dies again and again") })
            #expect(service.program.lines.contains { $0.contains("died :(") && $0.contains("requeued=") })
            #expect(service.program.lines.filter { $0.contains("] starting email worker") }.count == 11)
            #expect(service.program.lines.filter { $0.contains("] starting web server") }.count == 6)
        }
    }

    @Test("A mail that was answered is in the spool: the master is killed five times, and each arrives")
    func master() async throws {
        try await withDirectory { directory in
            try await withInbox(Self.delay(.milliseconds(20))) { inbox, arrivals in
                let options = ["--spool", directory.string, "--spool-sync", "always", "--concurrency", "10"]
                var safe: Set<String> = []
                for round in 1...5 {
                    let (answered, status) = try await withLocalService(options, into: inbox, arrivals) { service in
                        _ = try await service.ready(LocalService.worker)
                        let count = Watched(0)
                        async let answered = service.load(Self.subjects(400, round), perSecond: 800, counting: count)
                        // In the middle: some have arrived, some wait, more come.
                        try await count.wait { $0 >= 150 }
                        try service.program.signal(.kill)
                        return await answered
                    }
                    #expect(status == .signaled(SIGKILL))
                    #expect((150..<400).contains(answered.count))
                    safe.formUnion(answered)
                }
                let expected = safe
                let (resumed, status) = try await withLocalService(options, into: inbox, arrivals) { service in
                    try await service.arrived(expected)
                    return service.program.lines.contains { $0.contains("mails of the spool are still to be sent") }
                }
                #expect(resumed)
                #expect(status == .exited(0))
            }
        }
    }

    @Test("Children end within a second when their master is killed, and the port is free")
    func orphans() async throws {
        try await withLocalService { service in
            let children = [try await service.ready(LocalService.worker), try await service.ready(LocalService.server)]
            #expect(children.allSatisfy { getpgid($0) == $0 })
            let client = try await RawClient.connect(port: service.port)
            let killed = ContinuousClock.now
            try service.program.signal(.kill)
            // The web server's end is the end of its connections.
            #expect(try await client.readToEnd(within: .seconds(2)) == [])
            await client.close()
            // They are nobody's children here, and who ends is not told to a stranger: looked at, again and again.
            while children.contains(where: isAlive), ContinuousClock.now - killed < .seconds(5) {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(ContinuousClock.now - killed < .milliseconds(1300))
            await #expect(throws: (any Error).self) { try await RawClient.connect(port: service.port) }
        }
    }
}

/// Whether the process runs; one that has ended and that nobody has asked for is a zombie (`proc(5)`).
private func isAlive(_ pid: Int32) -> Bool {
    guard kill(pid, 0) == 0 else { return false }
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
    return !stat.contains(") Z ")
}
