import ArgumentParser
import BgdemoFoundations
import Resque

/// What operators do with jobs that have failed.
extension QueuesCommand {
    struct FailedJobs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "failed", abstract: "Jobs that have failed for good, the oldest first.",
            discussion: """
                  bgdemo queues failed
                  bgdemo queues failed --from 100 --limit 10 --json
                """)

        /// Redis' lists are no longer.
        static let numbers = 0...Int(UInt32.max)

        @Option(help: ArgumentHelp("The number of the first to show.", valueName: "number"))
        var from = 0

        @Option(help: ArgumentHelp("How many at most.", valueName: "number"))
        var limit = 100

        @OptionGroup var queues: QueueOptions

        func validate() throws {
            guard FailedJobs.numbers.contains(from), (1...100_000).contains(limit) else {
                throw ValidationError("--from is 0 to \(FailedJobs.numbers.upperBound) and --limit from 1 to 100000")
            }
        }

        func run() async throws {
            try await queues.visit { queue in
                let failed = try await queue.failed(from..<(from + limit))
                let rows = failed.map(FailedRow.init)
                try queues.show(
                    rows,
                    asTable: Table(
                        ["entry", "failed at", "queue", "class", "error", "job"],
                        rows.map {
                            [$0.entry, $0.failedAt ?? "", $0.queue ?? "", $0.class ?? "", $0.error, $0.job ?? ""]
                        }))
            }
        }
    }

    struct RetryJobs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retry", abstract: "Moves failed jobs back to their queues.",
            discussion: """
                  bgdemo queues retry 1f3a9c04e7 8be0d2c511
                  bgdemo queues retry --all
                """)

        @Argument(help: "Their entries, as queues failed shows them.")
        var entries: [String] = []

        @Flag(help: "All of them, but for those that somebody has retried already.")
        var all = false

        @OptionGroup var queues: QueueOptions

        func validate() throws {
            guard all != !entries.isEmpty else {
                throw ValidationError("say which: bgdemo queues retry ENTRY, or bgdemo queues retry --all")
            }
        }

        func run() async throws {
            try await queues.visit { queue in
                guard !all else {
                    ResultOutput.say("\(try await queue.retryFailed().counted("job")) back in the queues")
                    let left = try await queue.failedCount()
                    if left > 0 {
                        ResultOutput.say("\(left) stay: retried before, or with no queue or job in their entry")
                    }
                    return
                }
                let chosen = try await queue.failed(entries: entries)
                var moved = 0
                for job in chosen where try await queue.retry(job) { moved += 1 }
                ResultOutput.say("\(moved.counted("job")) back in the queues")
                guard moved == chosen.count else { throw ExitCode.failure }
            }
        }
    }

    struct RemoveJobs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Removes failed jobs.",
            discussion: """
                  bgdemo queues remove 1f3a9c04e7 8be0d2c511
                """)

        @Argument(help: "Their entries, as queues failed shows them.")
        var entries: [String]

        @OptionGroup var queues: QueueOptions

        func run() async throws {
            try await queues.visit { queue in
                let chosen = try await queue.failed(entries: entries)
                var removed = 0
                for job in chosen where try await queue.remove(job) { removed += 1 }
                ResultOutput.say("\(removed) failed jobs removed")
                guard removed == chosen.count else { throw ExitCode.failure }
            }
        }
    }

    struct ClearJobs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "clear", abstract: "Removes the failed jobs, or a queue with all its jobs.",
            discussion: """
                  bgdemo queues clear failed
                  bgdemo queues clear slowQueue
                """)

        @Argument(help: "failed, or the name of a queue.")
        var queue: String

        @OptionGroup var queues: QueueOptions

        func run() async throws {
            try await queues.visit { all in
                if queue == "failed" {
                    ResultOutput.say("\(try await all.clearFailed()) failed jobs removed")
                } else {
                    let length = try await all.length(of: queue)
                    try await all.remove(queue: queue)
                    ResultOutput.say("\(queue) removed, with \(length.counted("job"))")
                }
            }
        }
    }
}

extension Queue {
    /// The failed jobs with these digests.
    ///
    /// - Throws: `ValidationError` where there is none of one of them.
    fileprivate func failed(entries: [String]) async throws -> [FailedJob] {
        let wanted = Set(entries.map { $0.lowercased() })
        let found = try await failed(digests: Array(wanted))
        if let missing = wanted.subtracting(found.map(\.digest)).sorted().first {
            throw ValidationError("there is no failed job \(missing): bgdemo queues failed shows their entries")
        }
        return found
    }
}
