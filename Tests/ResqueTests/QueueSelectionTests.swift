import BgdemoTestSupport
import Testing

@testable import Resque

@Suite("Which queues a worker takes jobs from", .timeLimit(.minutes(1)))
struct QueueSelectionTests {
    // The right values are those of Resque 3.0's Worker#queues for the same queues.
    @Test(
        "Names, patterns and exclusions mean what they mean in Ruby",
        arguments: [
            (["high", "*"], ["high", "a", "low", "low2", "x.y"]), (["*", "a"], ["a", "high", "low", "low2", "x.y"]),
            (["*", "!low"], ["a", "high", "low2", "x.y"]), (["*", "!low*"], ["a", "high", "x.y"]),
            (["low*", "high*"], ["low", "low2", "high"]), (["low?"], ["low2"]), (["[ah]*"], ["a", "high"]),
            (["new"], ["new"]), (["high", "low", "!low"], ["high"]), (["{a,high}"], []), (["\\*", "*.y"], ["x.y"]),
        ] as [([String], [String])])
    func patterns(order: [String], names: [String]) {
        let selection = QueueSelection(order, keys: ResqueKeys(namespace: "resque"))
        selection.update(known: ["low", "high", "x.y", "a", ".hidden", "low2"])
        #expect(selection.names == names)
    }

    @Test("A worker takes the queues of a pattern, and leaves those that are left out")
    func works() async throws {
        try await withResque { resque in
            let seen = Watched<[String]>([])
            var jobs = Jobs()
            jobs.register("look") { job in seen.change { $0.append(job.queue) } }
            for queue in ["high2", "low", "b", "high1"] { try await resque.push(#"{"class":"look"}"#, to: queue) }
            try await resque.withWorker(jobs, queues: ["high*", "*", "!low"]) {
                try await seen.wait { $0.count == 3 }
                try await resque.push(#"{"class":"look"}"#, to: "high3")
                try await seen.wait { $0.count == 4 }
            }
            #expect(seen.value == ["high1", "high2", "b", "high3"])
            #expect(try await resque.queue.length(of: "low") == 1)
        }
    }

    @Test("A job of an unknown class goes to failed, as in Ruby")
    func unknownFails() async throws {
        try await withResque { resque in
            try await resque.push(#"{"class":"Nobody"}"#)
            try await resque.withWorker(Jobs()) { try await resque.until { try await $0.queue.failedCount() == 1 } }
            #expect(try await resque.queue.length(of: "emailQueue") == 0)
        }
    }

    @Test("A job of an unknown class is left once at the end of its queue, and fails when nobody takes it")
    func unknownLeft() async throws {
        try await withResque { resque in
            let (seen, left) = (Watched(0), Watched(0))
            var jobs = Jobs()
            jobs.register("look") { _ in seen.change { $0 += 1 } }
            for job in [#"{"class":"Nobody","args":[1]}"#, #"{"class":"look"}"#] { try await resque.push(job) }
            var options = WorkerOptions()
            (options.onUnknownClass, options.unknownClassWait) = (.leave, .seconds(3))
            let began = ContinuousClock.now
            try await resque.withWorker(jobs, options: options) { _, event in
                if case .reEnqueue = event { left.change { $0 += 1 } }
            } _: {
                try await seen.wait { $0 == 1 }
                try await resque.until { try await $0.queue.length(of: "emailQueue") == 1 }
                #expect(try await resque.queue.failedCount() == 0)
                try await resque.until { try await $0.queue.failedCount() == 1 }
            }
            #expect(ContinuousClock.now - began >= .seconds(3))
            #expect(left.value == 1 && seen.value == 1)
            #expect(try await resque.queue.length(of: "emailQueue") == 0)
        }
    }

    @Test("A job that is left goes to the worker that knows it")
    func unknownTaken() async throws {
        try await withResque { resque in
            let performed = Watched(0)
            var (ours, theirs) = (Jobs(), Jobs())
            ours.register("a") { _ in }
            theirs.register("b") { _ in performed.change { $0 += 1 } }
            var options = WorkerOptions()
            options.onUnknownClass = .leave
            for number in 0..<5 { try await resque.push(#"{"class":"b","args":[\#(number)]}"#) }
            let (first, second) = (ours, theirs)
            try await resque.withWorker(first, options: options) {
                try await resque.until { try await $0.queue.stats().processed == 0 }
                try await resque.withWorker(second) { try await performed.wait { $0 == 5 } }
            }
            #expect(try await resque.queue.failedCount() == 0)
        }
    }
}
