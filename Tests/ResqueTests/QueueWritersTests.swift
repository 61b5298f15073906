import BgdemoNetSupport
import BgdemoTestSupport
import RedisClient
import Testing

@testable import Resque

/// Jobs that are pushed in one tick of an event loop go to Redis in one request for each queue.
@Suite(.timeLimit(.minutes(1)))
struct QueueWritersTests {
    /// Enqueues on the connection's event loop, all at once, and returns what each caller got.
    private func enqueue(_ jobs: [Job], _ fixture: ResqueFixture) async -> [Result<Bool, ResqueError>] {
        await withTaskGroup { tasks in
            for job in jobs {
                tasks.addTask(executorPreference: LoopExecutor(fixture.redis.eventLoop)) {
                    () -> Result<Bool, ResqueError> in
                    do throws(ResqueError) { return .success(try await fixture.queue.enqueue(job)) } catch {
                        return .failure(error)
                    }
                }
            }
            return await tasks.reduce(into: []) { $0.append($1) }
        }
    }

    private func job(_ number: Int, _ queue: String) throws -> Job {
        Job("job", try JobArguments(json: "[\(number)]"), queue: queue)
    }

    private func calls(_ command: String, _ fixture: ResqueFixture) async throws -> Int {
        let info = try #require(try await fixture.text("INFO", "commandstats"))
        let line = info.utf8.split(separator: UInt8(ascii: "\n")).map { Substring($0) }
            .first { $0.hasPrefix("cmdstat_\(command):calls=") }
        return Int(line?.split(separator: "=")[1].prefix { $0 != "," } ?? "0") ?? 0
    }

    @Test(
        "Each queue gets its jobs in their order, in few commands, and is registered",
        arguments: [1, 2, 256, 257, 1000])
    func order(count: Int) async throws {
        try await withResque { fixture in
            let queues = ["one", "two", "three"]
            let jobs = try (0..<count).flatMap { number in try queues.map { try job(number, $0) } }
            let results = await enqueue(jobs, fixture)
            #expect(results.count == jobs.count && results.allSatisfy { (try? $0.get()) == true })
            for queue in queues {
                let pushed = try await fixture.texts("LRANGE", "resque:queue:\(queue)", 0, -1)
                #expect(pushed == (0..<count).map { #"{"class":"job","queue":"\#(queue)","args":[\#($0)]}"# })
            }
            #expect(try await fixture.queue.names() == queues.sorted())
            #expect(try await calls("rpush", fixture) <= queues.count * (count / 8 + 2))
        }
    }

    @Test("A job of more than 1 MiB goes alone, between the others")
    func large() async throws {
        try await withResque { fixture in
            let texts = [10, 700_000, 700_000, 3_000_000, 10].map { String(repeating: "x", count: $0) }
            let jobs = try texts.map { Job("job", try JobArguments(json: "[\"\($0)\"]"), queue: "emailQueue") }
            #expect(await enqueue(jobs, fixture).allSatisfy { (try? $0.get()) == true })
            let pushed = try await fixture.texts("LRANGE", "resque:queue:emailQueue", 0, -1)
            #expect(pushed.map(\.utf8.count) == jobs.map(\.bytes.count))
        }
    }

    @Test("An error of one queue reaches each of its callers, and none of another queue")
    func refused() async throws {
        try await withResque { fixture in
            _ = try await fixture.redis.send("SET", "resque:queue:wrong", "no list")
            let results = await enqueue(
                try (0..<10).map { try job($0, $0 % 2 == 0 ? "wrong" : "right") }, fixture)
            let refused = results.compactMap { result -> String? in
                if case .failure(let error) = result { error.redisError?.reply?.code } else { nil }
            }
            #expect(refused == Array(repeating: "WRONGTYPE", count: 5))
            #expect(try await fixture.text("LLEN", "resque:queue:right") == "5")
        }
    }

    @Test("A caller that is cancelled before it pushes pushes nothing")
    func cancelled() async throws {
        try await withResque { fixture in
            let job = try job(1, "emailQueue")
            let task = Task(executorPreference: LoopExecutor(fixture.redis.eventLoop)) {
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                do throws(ResqueError) {
                    try await fixture.queue.enqueue(job)
                    return nil as RedisError?
                } catch {
                    return error.redisError
                }
            }
            #expect(await task.value == .cancelled(mayHaveRun: false))
            #expect(try await fixture.text("EXISTS", "resque:queue:emailQueue") == "0")
        }
    }
}
