import BgdemoCore
import ArgumentParser
import BgdemoFoundations
import Eventr

/// What operators do with the log.
extension EventsCommand {
    struct ReplayEvents: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replay",
            abstract: "Has a consumer read the log again from a place on, under its name or a new one.",
            discussion: """
                A consumer at work goes on from there within a second; one that is not, when it starts. Every event from \
                there on is handled again: an email handler sends its mails again.

                  bgdemo events replay --consumer myApp --from 2026-11-23T15:00
                  bgdemo events replay --consumer archive --beginning
                """)

        @Option(help: ArgumentHelp("The consumer's name.", valueName: "name"))
        var consumer: String

        @OptionGroup var start: LogPositionArguments
        @OptionGroup var events: EventLogArguments

        func run() async throws {
            guard let start = try start.start else {
                throw ValidationError(
                    "specify one of --from 2026-11-23T15:00, --partition 29857612, --beginning and --end")
            }
            guard !consumer.isEmpty else { throw ValidationError("--consumer is empty") }
            try await events.visit { log in
                let replay = try await log.replay(consumer, from: start)
                let skipped = replay.skipped == 0 ? "" : "; \(replay.skipped) unread before it are passed over"
                ResultOutput.say(
                    "\(consumer) reads \(replay.events.counted("event")), from partition \(replay.partition) on\(skipped)"
                )
            }
        }
    }

    struct TrimEvents: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "trim", abstract: "Deletes old partitions, but for those that a consumer has not read.",
            discussion: """
                \(Duration.formsSentence)

                  bgdemo events trim --older-than 7d --dry-run
                  bgdemo events trim --older-than 7d
                """)

        @Option(
            help: ArgumentHelp("How long ago a partition must have ended, such as 7d.", valueName: "time"),
            transform: Duration.parse)
        var olderThan: Duration

        @Flag(help: "Unread ones as well. The consumers are told of the gap.")
        var force = false

        @Flag(help: "Only say what would be deleted.")
        var dryRun = false

        @OptionGroup var events: EventLogArguments

        func run() async throws {
            try await events.visit { log in
                let trim = try await log.trim(olderThan: olderThan, force: force, dry: dryRun)
                let unread = trim.unread == 0 ? "" : ", \(trim.unread) of them unread"
                ResultOutput.say(
                    "\(trim.partitions.counted("partition")) with \(trim.events.counted("event")) \(dryRun ? "to delete" : "deleted")\(unread)"
                )
                guard trim.kept > 0 else { return }
                let names = trim.keptFor.map { printable($0) }.joined(separator: ", ")
                ResultOutput.say(
                    "\(trim.kept.counted("partition")) kept for \(names), to be read; --force deletes them, and")
                ResultOutput.say("bgdemo events forget --consumer NAME removes a consumer that is no more")
            }
        }
    }

    struct DeadEvents: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dead", abstract: "What the handlers of a consumer have failed with for good, as JSON lines.",
            discussion: """
                  bgdemo events dead --consumer myApp
                  bgdemo events dead --consumer myApp --retry
                """)

        @Option(help: ArgumentHelp("The consumer's name. Default: myApp.", valueName: "name"))
        var consumer = "myApp"

        @Flag(help: "Have the handlers try it all again.")
        var retry = false

        @Flag(help: "Forget it all.")
        var clear = false

        @OptionGroup var events: EventLogArguments

        func validate() throws {
            guard !retry || !clear else { throw ValidationError("--retry or --clear, not both") }
        }

        func run() async throws {
            try await events.visit { log in
                if retry {
                    ResultOutput.say("\(try await log.retryDead(of: consumer)) to be tried again")
                } else if clear {
                    ResultOutput.say("\(try await log.clearDead(of: consumer)) forgotten")
                } else {
                    for entry in try await log.dead(of: consumer) {
                        print(ResultOutput.line(ofJSON: Array(entry.utf8)))
                    }
                }
            }
        }
    }

    struct ForgetConsumer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "forget",
            abstract: "Removes a consumer that is no more, with its place, its retries and its dead list.",
            discussion: """
                  bgdemo events forget --consumer archive
                """)

        @Option(help: ArgumentHelp("The consumer's name.", valueName: "name"))
        var consumer: String

        @OptionGroup var events: EventLogArguments

        func run() async throws {
            try await events.visit { log in
                guard try await log.consumers().contains(where: { $0.name.hasSameBytes(as: consumer) }) else {
                    throw ValidationError("there is no consumer \(consumer); bgdemo events shows those there are")
                }
                try await log.forget(consumer)
                ResultOutput.say("\(consumer) is forgotten; if it still works, it begins anew")
            }
        }
    }
}
