import ArgumentParser
import BgdemoCore
import BgdemoWeb
import NIOPosix
import Resque

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What is in the Resque queues, and who works it.
struct QueuesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queues",
        abstract: "Shows the Resque queues: how long they are, how long jobs wait, who works, what failed.",
        discussion: """
              bgdemo queues --watch
              bgdemo queues failed
              bgdemo queues retry --all
            """,
        subcommands: [
            Overview.self, FailedJobs.self, RetryJobs.self, RemoveJobs.self, ClearJobs.self, Workers.self,
            DelayedJobs.self, Schedules.self, Pause.self, Resume.self, Cancel.self,
        ],
        defaultSubcommand: Overview.self)

    /// The numbers, once or again and again.
    struct Overview: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "The queues and their numbers.",
            discussion: """
                  bgdemo queues
                  bgdemo queues --watch
                  bgdemo queues --serve
                  bgdemo queues --json --redis-url redis://queue.example.org:6379
                """)

        @Flag(help: "Again each second, until it is interrupted.")
        var watch = false

        @OptionGroup var queues: QueueOptions
        @OptionGroup(title: "Pages") var pages: PageOptions
        @OptionGroup(title: "Logging") var log: LoggingOptions

        func run() async throws {
            guard !pages.serve else { return try await servePages() }
            try await queues.visit { queue in
                repeat {
                    let overview = try await QueueOverview(queue)
                    // Home and clear, so that a terminal shows one picture that changes.
                    if watch, !queues.json { print("\u{1b}[H\u{1b}[2J", terminator: "") }
                    try queues.show(overview, asTable: overview.table)
                    if watch { try await Task.sleep(for: .seconds(1)) }
                } while watch
            }
        }

        private func servePages() async throws {
            let reporting = try log.start(.process)
            defer { reporting.end() }
            try await queues.visit { queue in
                let section = QueuesPages(queue, logger: reporting.logger)
                try await pages.serve([section], as: "queues", logger: reporting.logger)
            }
        }
    }

    struct Workers: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "workers", abstract: "Who is registered, and what each is working on.",
            discussion: """
                  bgdemo queues workers
                """)

        @OptionGroup var queues: QueueOptions

        func run() async throws {
            try await queues.visit { queue in
                let workers = try await queue.workers().map(WorkerRow.init)
                try queues.show(
                    workers,
                    asTable: Table(
                        ["worker", "started", "heartbeat", "class", "job id", "done", "working on"],
                        workers.map {
                            let idle = $0.isPaused ? "paused" : "-"
                            return [
                                $0.id, $0.started ?? "", $0.heartbeat ?? "", $0.class ?? idle, $0.jobID ?? "-",
                                $0.progress.map { "\(Int($0 * 100)) %" } ?? "", $0.job ?? idle,
                            ]
                        }))
            }
        }
    }

    struct DelayedJobs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delayed", abstract: "Jobs that wait for their time.",
            discussion: """
                  bgdemo queues delayed --limit 10
                """)

        @Option(help: ArgumentHelp("How many at most.", valueName: "number"))
        var limit = 100

        @OptionGroup var queues: QueueOptions

        func run() async throws {
            try await queues.visit { queue in
                let rows = try await queue.delayed(limit: max(1, limit)).flatMap { second, jobs in
                    jobs.map { DelayedRow(second: second, job: $0) }
                }
                try queues.show(
                    rows, asTable: Table(["due", "class", "job"], rows.map { [$0.due, $0.class ?? "", $0.job] }))
            }
        }
    }
}
