import Foundation
import NIOCore
import RedisClient
import Subprocess
import BgdemoTestSupport
import Testing

@testable import BgdemoPrivateRedis

@Suite("The private server", .timeLimit(.minutes(2)))
struct PrivateRedisTests {
    /// The environment of a user whose folders are in `folder`.
    private func user(_ folder: URL) -> [String: String] {
        var environment = ["XDG_RUNTIME_DIR": folder.path + "/run", "XDG_DATA_HOME": folder.path + "/data"]
        environment["PATH"] = ProcessInfo.processInfo.environment["PATH"]
        return environment
    }

    /// Runs `body` in a folder that goes when the server in it has gone.
    private func withUser(_ body: ([String: String], URL) async throws -> Void) async throws {
        let folder = URL(filePath: "/tmp/bgdemo-private-\(UInt32.random(in: .min ... .max))")
        let result: Swift.Result<Void, any Error>
        do { result = .success(try await body(user(folder), folder)) } catch { result = .failure(error) }
        try await gone(folder)
        if FileManager.default.fileExists(atPath: folder.path) { try FileManager.default.removeItem(at: folder) }
        try result.get()
    }

    /// Returns when no server answers.
    private func gone(_ folder: URL) async throws {
        let socket = folder.path + "/run/bgdemo/redis.sock"
        try await until {
            let redis = try connection("unix://\(socket)") { $0.unavailableTimeout = .zero }
            defer { redis.close() }
            try await Task.sleep(for: .milliseconds(20))
            return await failure { try await redis.send("PING") } != nil
        }
    }

    private func pid(_ url: RedisURL) async throws -> Int32 {
        let redis = try connection("\(url)")
        defer { redis.close() }
        let info = try await retried { try await redis.send("INFO", "server") }.text ?? ""
        let line = try #require(info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("process_id:") })
        return try #require(Int32(line.dropFirst("process_id:".count)))
    }

    private func parent(of pid: Int32) async throws -> Int32 {
        let ps = try await run(
            .name("ps"), arguments: ["-o", "ppid=", "-p", "\(pid)"], output: .string(limit: 100))
        return try #require(Int32(ps.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    @Test("All handles share one server that keeps its data and ends with the last handle")
    func shared() async throws {
        try await withUser { user, folder in
            for round in 1...2 {
                try await withThrowingTaskGroup(of: (RedisURL, PrivateRedisHandle).self) { group in
                    for _ in 0..<8 { group.addTask { try await PrivateRedis.hold(user, logger: silent) } }
                    var holders = try await group.reduce(into: []) { $0.append($1) }
                    let pids = try await [pid(holders[0].0), pid(holders[7].0)]
                    #expect(pids[0] == pids[1])
                    let redis = try connection("\(holders[0].0)")
                    #expect(try await redis.send("INCR", "rounds").int == round)
                    holders.removeLast(7)
                    #expect(try await redis.send("CONFIG", "GET", "appendonly").array?.last?.text == "yes")
                    let path = folder.path + "/run/bgdemo/redis.sock"
                    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                    #expect(mode == 0o700)
                }
                try await gone(folder)
            }
        }
    }

    @Test(
        "The user's folders are closed to others from their first moment, also where several programs make them at once"
    )
    func folders() async throws {
        let folder = URL(filePath: "/tmp/bgdemo-private-\(UInt32.random(in: .min ... .max))")
        defer { try? FileManager.default.removeItem(at: folder) }
        for round in 0..<100 {
            let directories = UserDirectories(user(folder.appending(path: "\(round)")))
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 { group.addTask { try directories.prepare() } }
                try await group.waitForAll()
            }
        }
    }

    @Test("A handle of a killed process does not keep the server")
    func killedHolder() async throws {
        try await withUser { user, folder in
            var held: (url: RedisURL, handle: PrivateRedisHandle)? = try await PrivateRedis.hold(user, logger: silent)
            let url = try #require(held).url
            let server = try await pid(url)
            let holder = "exec 4>\(folder.path)/run/bgdemo/holders; echo word >&4; echo held; exec sleep 600"
            try await withThrowingTaskGroup(of: Void.self) { group in
                let (holds, hold) = AsyncStream.makeStream(of: Int32.self)
                group.addTask {
                    _ = try await run(
                        .name("sh"), arguments: ["-c", holder], input: .none, output: .sequence, error: .discarded
                    ) { execution in
                        for try await _ in execution.standardOutput.strings() {
                            hold.yield(execution.processIdentifier.value)
                        }
                    }
                }
                let other = try #require(await holds.first { _ in true })
                held = nil
                // What the handle's end would have caused, had it been the last, would happen before this.
                held = try await PrivateRedis.hold(user, logger: silent)
                #expect(try await pid(url) == server)
                held = nil
                kill(other, SIGKILL)
                try await group.waitForAll()
            }
            try await gone(folder)
        }
    }

    #if os(Linux)
        @Test("Neither the server nor the shells around it get a variable that they do not need, such as a password")
        func environment() async throws {
            let needed: Set = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH"]
            // Those that a shell sets.
            let own: Set = ["PWD", "OLDPWD", "SHLVL", "_"]
            try #require(!Set(ProcessInfo.processInfo.environment.keys).subtracting(needed.union(own)).isEmpty)
            try await withUser { user, _ in
                let (url, handle) = try await PrivateRedis.hold(user, logger: silent)
                let server = try await pid(url)
                let runner = try await parent(of: server)
                for pid in [try await parent(of: runner), runner, server] {
                    let bytes = try #require(FileManager.default.contents(atPath: "/proc/\(pid)/environ"))
                    let variables = String(decoding: bytes, as: UTF8.self).split(separator: "\0")
                    let names = variables.filter { $0.contains("=") }.map { String($0.prefix { $0 != "=" }) }
                    #expect(Set(names).subtracting(needed.union(own)).isEmpty, "\(pid)")
                    #expect(pid == server || names.contains("PATH"))
                }
                withExtendedLifetime(handle) {}
            }
        }
    #endif

    @Test("A killed server is restarted by its supervisor with its data")
    func killedServer() async throws {
        try await withUser { user, _ in
            let (url, handle) = try await PrivateRedis.hold(user, logger: silent)
            let redis = try connection("\(url)")
            _ = try await redis.send("SET", "k", "kept")
            let server = try await pid(url)
            kill(server, SIGKILL)
            #expect(try await retried { try await redis.send("GET", "k") }.text == "kept")
            #expect(try await pid(url) != server)
            withExtendedLifetime(handle) {}
        }
    }

    @Test("After its supervisor was killed the server is replaced by the next program, with its data")
    func killedGuardian() async throws {
        try await withUser { user, _ in
            let (url, handle) = try await PrivateRedis.hold(user, logger: silent)
            let redis = try connection("\(url)")
            _ = try await redis.send("SET", "k", "kept")
            let server = try await pid(url)
            kill(try await parent(of: parent(of: server)), SIGKILL)
            let (again, second) = try await PrivateRedis.hold(user, logger: silent)
            #expect(again == url)
            #expect(try await pid(url) != server)
            #expect(try await retried { try await redis.send("GET", "k") }.text == "kept")
            withExtendedLifetime((handle, second)) {}
        }
    }

    @Test("When all was killed the next program starts from what is left")
    func killedAll() async throws {
        try await withUser { user, folder in
            let (url, handle) = try await PrivateRedis.hold(user, logger: silent)
            let server = try await pid(url)
            let runner = try await parent(of: server)
            for pid in [try await parent(of: runner), runner, server] { kill(pid, SIGKILL) }
            try await gone(folder)
            let (again, second) = try await PrivateRedis.hold(user, logger: silent)
            #expect(try await pid(again) != server)
            withExtendedLifetime((handle, second)) {}
        }
    }

    @Test("Another login with another runtime folder uses the same server")
    func otherLogin() async throws {
        try await withUser { user, folder in
            let (url, handle) = try await PrivateRedis.hold(user, logger: silent)
            var elsewhere = user
            elsewhere["XDG_RUNTIME_DIR"] = folder.path + "/elsewhere"
            let (other, second) = try await PrivateRedis.hold(elsewhere, logger: silent)
            #expect(other == url)
            withExtendedLifetime((handle, second)) {}
        }
    }

    @Test("A Redis on port 6379 comes first, even with a password; another server there is passed over")
    func usual() async throws {
        try await withRedisServer(["--requirepass", "word"], onPort: true) { server in
            try await withUser { user, _ in
                let (url, handle) = try await PrivateRedis.find(user, port: server.port, logger: silent)
                #expect("\(url)" == "redis://127.0.0.1:\(server.port)/0")
                #expect(handle == nil)
            }
        }
        let web = try await ScriptedRedis.start { _, _ in ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n") }
        for port in [web.port, try await freePort()] {
            try await withUser { user, folder in
                let (url, handle) = try await PrivateRedis.find(user, port: port, logger: silent)
                #expect("\(url)" == "unix://\(folder.path)/run/bgdemo/redis.sock")
                #expect(handle != nil)
            }
        }
        try await web.close()
    }

    @Test("Without redis-server the error says how to install it; a folder that others can open is not used")
    func refused() async throws {
        let folder = URL(filePath: "/tmp/bgdemo-private-\(UInt32.random(in: .min ... .max))")
        defer { try? FileManager.default.removeItem(at: folder) }
        var user = user(folder)
        user["PATH"] = folder.path
        let error = await #expect(throws: PrivateRedisError.notInstalled) {
            try await PrivateRedis.hold(user, logger: silent)
        }
        #expect(error?.description.contains("apt-get install redis-server") == true)
        unsafe chmod(folder.path + "/data/bgdemo", 0o755)
        let open = await #expect(throws: PrivateRedisError.self) {
            try await PrivateRedis.hold(user, logger: silent)
        }
        #expect(open?.description.contains("chmod 700") == true)
    }

    @Test("A remembered directory that another user may enter is not used")
    func remembered() async throws {
        let folder = URL(filePath: "/tmp/bgdemo-private-\(UInt32.random(in: .min ... .max))")
        defer { try? FileManager.default.removeItem(at: folder) }
        let user = user(folder)
        try await withRedisServer { server in
            // What listens there is not ours: it must be neither used nor shut down.
            unsafe chmod(server.folder, 0o755)
            let data = folder.path + "/data/bgdemo"
            try FileManager.default.createDirectory(
                atPath: data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try server.folder.write(toFile: data + "/place", atomically: true, encoding: .utf8)
            let (url, handle) = try await PrivateRedis.hold(user, logger: silent)
            #expect(!"\(url)".contains(server.folder))
            #expect(try await connection(server.url).send("PING").text == "PONG")
            withExtendedLifetime(handle) {}
        }
    }

    @Test("A server that cannot start says why")
    func broken() async throws {
        let folder = URL(filePath: "/tmp/bgdemo-private-\(UInt32.random(in: .min ... .max))")
        defer { try? FileManager.default.removeItem(at: folder) }
        let bin = folder.path + "/bin"
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
        try "#!/bin/sh\necho no thread to spare; exit 0\n".write(
            toFile: bin + "/redis-server", atomically: true, encoding: .utf8)
        unsafe chmod(bin + "/redis-server", 0o755)
        var user = user(folder)
        user["PATH"] = bin + ":/usr/bin:/bin"
        let error = await #expect(throws: PrivateRedisError.self) {
            try await PrivateRedis.hold(user, logger: silent)
        }
        #expect(error?.description.contains("no thread to spare") == true)
    }
}
