import BgdemoTestSupport
import Foundation
import Logging
import NIOPosix
import RedisClient
import Subprocess
import Testing

/// Workers on hosts of their own, whose clocks differ by two hours: none sees the processes of the other.
///
/// A host is a namespace for host names and one for processes (`unshare`), with a clock of its own.
@Suite(.timeLimit(.minutes(2)), .enabled(if: isLinux, "only Linux has namespaces"))
struct AcrossHostsTests {
    private struct Host {
        let program: Program

        /// Sends a signal to the worker itself, which `unshare` has begun.
        func signal(_ number: Int32) throws {
            let path = "/proc/\(program.pid)/task/\(program.pid)/children"
            let children = try String(contentsOfFile: path, encoding: .utf8).split(separator: " ")
            guard let worker = children.first.flatMap({ Int32($0) }) else {
                throw ExternalServerFailure(description: "the worker is gone")
            }
            kill(worker, number)
        }
    }

    private struct Servers {
        let server: RedisServer
        let redis: RedisConnection
        let smtp: ScriptedSMTPServer
        /// The library that shifts the clock.
        let clock: String
    }

    /// Shifts the clock that a program sees. (libfaketime also takes the waits of threads over, and Swift's hang in it.)
    private static let clock = """
        #define _GNU_SOURCE
        #include <stdlib.h>
        #include <sys/syscall.h>
        #include <time.h>
        #include <unistd.h>
        int clock_gettime(clockid_t clock, struct timespec *time) {
            const char *shift = getenv("CLOCK_SHIFT");
            int result = syscall(SYS_clock_gettime, clock, time);
            if (result == 0 && shift && clock == CLOCK_REALTIME) time->tv_sec += atol(shift);
            return result;
        }
        """

    /// - Returns: The library for LD_PRELOAD.
    private func shiftingClock(in folder: String) async throws -> String {
        let library = folder + "/clock.so"
        let result = try await run(
            .name("clang"), arguments: ["-shared", "-fPIC", "-x", "c", "-", "-o", library], input: .string(Self.clock),
            output: .discarded, error: .string(limit: 65_536))
        guard result.terminationStatus.isSuccess else {
            throw ExternalServerFailure(description: "clang, which comes with Swift, failed: \(result.standardError)")
        }
        return library
    }

    /// Runs a worker on a host for as long as `body` runs, which may kill it.
    private func worker(
        on host: String, clockShift hours: Int, _ servers: Servers,
        _ body: @escaping @Sendable (Host) async throws -> Void
    ) async throws {
        let user = getuid() == 0 ? [] : ["--user", "--map-root-user"]
        _ = try await withProgram(
            user + [
                "--uts", "--pid", "--mount-proc", "--fork", "--kill-child", "sh", "-c",
                #"hostname "$0" && exec "$@""#, host, "env",
                "CLOCK_SHIFT=\(hours * 3600)", "LD_PRELOAD=\(servers.clock)", bgdemoPath,
                "serve", "--strategy", "resque", "--role", "worker", "--redis-url", servers.server.url, "--smtp-url",
                "smtp://127.0.0.1:\(servers.smtp.port)", "--concurrency", "2", "--log-level", "debug",
            ],
            executable: "/usr/bin/unshare"
        ) { program in
            do {
                _ = try await program.line { $0.contains("start \(host)~") }
            } catch {
                throw ExternalServerFailure(
                    description: """
                        A host of its own needs unshare (util-linux), which takes root (CAP_SYS_ADMIN) or user \
                        namespaces: \(error)
                        """)
            }
            try await body(Host(program: program))
            // unshare ignores SIGTERM; it ends with the worker.
            try? Host(program: program).signal(SIGTERM)
            try await program.end()
        }
    }

    /// Runs `body` with a mail server whose first connection gets no answer to DATA.
    private func withServers(_ body: (Servers) async throws -> Void) async throws {
        try await withRedisServer { server in
            let redis = RedisConnection(
                try RedisURL(server.url), on: MultiThreadedEventLoopGroup.singleton.next(),
                logger: Logger(label: "redis"))
            let smtp = try await ScriptedSMTPServer.start {
                $0.point == .data && $0.connection == 1 ? .sayRaw("") : nil
            }
            let clock = try await shiftingClock(in: server.folder)
            try await body(Servers(server: server, redis: redis, smtp: smtp, clock: clock))
            try await smtp.close()
            await redis.close()
        }
    }

    private func pushMail(to redis: RedisConnection) async throws {
        let mail = #"{"to":"you@example.org","subject":"s","text":"t","id":"01m87eh8kn000farrdkgyrpw91"}"#
        _ = try await redis.send(
            "RPUSH", "resque:queue:emailQueue", #"{"class":"sendEmail","queue":"emailQueue","args":[\#(mail)]}"#)
    }

    private func until(_ isSo: () async throws -> Bool) async throws {
        while try await !isSo() { try await Task.sleep(for: .milliseconds(20)) }
    }

    @Test("The mail of a worker that is killed on another host is sent by this one within 15 seconds, once")
    func killed() async throws {
        try await withServers { servers in
            let (redis, smtp) = (servers.redis, servers.smtp)
            try await worker(on: "alpha", clockShift: 1, servers) { alpha in
                try await pushMail(to: redis)
                try await smtp.heard.wait { $0.first?.commands.last == "DATA" }
                try await worker(on: "beta", clockShift: -1, servers) { _ in
                    // Beta knows of alpha's lease as it would after a while.
                    try await until { try await redis.send("HLEN", "resque:swift:processes").int == 2 }
                    try alpha.signal(SIGKILL)
                    let killed = ContinuousClock.now
                    try await smtp.heard.wait { !$0.flatMap(\.texts).isEmpty }
                    let time = ContinuousClock.now - killed
                    #expect(time <= .seconds(15), "\(time)")
                    try await until { try await redis.send("GET", "resque:stat:processed").int == 1 }
                }
            }
            #expect(smtp.heard.texts.count == 1)
            #expect(try await redis.send("LLEN", "resque:failed").int == 0)
        }
    }

    @Test("A worker that is stopped before the text of a mail, taken for dead and continued, does not send it")
    func stopped() async throws {
        try await withServers { servers in
            let (redis, smtp) = (servers.redis, servers.smtp)
            try await worker(on: "alpha", clockShift: -1, servers) { alpha in
                try await pushMail(to: redis)
                try await smtp.heard.wait { $0.first?.commands.last == "DATA" }
                try await worker(on: "beta", clockShift: 1, servers) { _ in
                    try alpha.signal(SIGSTOP)
                    try await smtp.heard.wait { !$0.flatMap(\.texts).isEmpty }
                    try await until { try await redis.send("GET", "resque:stat:processed").int == 1 }
                    // The server lets alpha go on with its mail.
                    smtp.sayToAll("354 go on\r\n")
                    try alpha.signal(SIGCONT)
                    _ = try await alpha.program.line { $0.contains("it may be performed twice") }
                    // Alpha works again.
                    try await until { try await redis.send("HLEN", "resque:swift:processes").int == 2 }
                }
                try await pushMail(to: redis)
                try await smtp.heard.wait { $0.flatMap(\.texts).count == 2 }
            }
            // The text of the first mail would be heard as commands.
            #expect(smtp.heard.value[0].commands.last == "DATA")
            #expect(smtp.heard.texts.count == 2)
            #expect(try await redis.send("LLEN", "resque:failed").int == 0)
        }
    }
}
