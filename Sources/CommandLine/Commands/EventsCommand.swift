import ArgumentParser
import BgdemoCore
import BgdemoFoundations
import BgdemoWeb
import Eventr
import BgdemoSystemCompat

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The event bus as its operator sees it.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Shows the event log and who reads it; replays and trims it.",
        discussion: """
              bgdemo events --watch
              bgdemo events tail --follow
              bgdemo events replay --consumer myApp --from 2026-11-23T15:00
              bgdemo events trim --older-than 7d
            """,
        subcommands: [
            Consumers.self, TailEvents.self, WriteEvents.self, ReplayEvents.self, TrimEvents.self, DeadEvents.self,
            ForgetConsumer.self,
        ],
        defaultSubcommand: Consumers.self)

    /// Who reads the log, and how far each is.
    struct Consumers: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "consumers", abstract: "The consumers: what each has not read, in events and in time.",
            discussion: """
                  bgdemo events
                  bgdemo events consumers --json
                  bgdemo events --serve
                """)

        @Flag(help: "Again each second, until it is interrupted.")
        var watch = false

        @OptionGroup var events: EventLogArguments
        @OptionGroup(title: "Pages") var pages: PageOptions
        @OptionGroup(title: "Logging") var log: LoggingOptions

        func run() async throws {
            guard !pages.serve else { return try await servePages() }
            try await events.visit { log in
                repeat {
                    let rows = try await log.consumers().map(ConsumerRow.init)
                    if watch, !events.json { print("\u{1b}[H\u{1b}[2J", terminator: "") }
                    try events.show(
                        rows,
                        asTable: Table(
                            ["consumer", "partition", "lag", "age", "in hand", "retries", "dead"], rows.map(\.cells)))
                    if watch { try await Task.sleep(for: .seconds(1)) }
                } while watch
            }
        }

        private func servePages() async throws {
            let reporting = try log.start(.process)
            defer { reporting.end() }
            try await events.visit { log in
                let section = EventsPages(log, logger: reporting.logger)
                try await pages.serve([section], as: "events", logger: reporting.logger)
            }
        }
    }

    /// Writes events, for a look at what happens.
    struct WriteEvents: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "write", abstract: "Writes events to the log.",
            discussion: #"""
                  bgdemo events write '{"eventName":"user_created","id":7}'
                """#)

        @Argument(help: #"The events, as JSON: '{"eventName":"user_created","id":7}'."#)
        var json: [String]

        @OptionGroup var events: EventLogArguments

        func validate() throws {
            guard !json.isEmpty else { throw ValidationError("there is no event to write") }
            for json in json {
                guard (try? JSONReader.decode(Named.self, from: Array(json.utf8))) != nil else {
                    throw ValidationError("an event is a JSON object with an eventName, not \(json)")
                }
            }
        }

        private struct Named: Decodable { let eventName: String }

        func run() async throws {
            try await events.connect { redis, options in
                let producer = Producer(name: "bgdemo", redis: redis, options: options)
                for json in json { ResultOutput.say("\(try await producer.write(json: json))") }
            }
        }
    }

    /// Prints the log.
    struct TailEvents: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "tail",
            abstract: "Prints events, one a line; control characters are escaped. Leaves no trace.",
            discussion: """
                  bgdemo events tail -n 3
                  bgdemo events tail --follow
                  bgdemo events tail --from 2026-11-23T15:00
                """)

        @Option(name: .shortAndLong, help: ArgumentHelp("So many of the newest. Default: 10.", valueName: "number"))
        var number = 10

        @Flag(name: .shortAndLong, help: "And those that are written from now on, until it is interrupted.")
        var follow = false

        @OptionGroup var start: LogPositionArguments
        @OptionGroup var events: EventLogArguments

        func validate() throws {
            guard number >= 0 else { throw ValidationError("--number is at least 0") }
        }

        func run() async throws {
            let start = try start.start
            try await events.visit { log in
                var reader = try await EventLogReader(log, from: start ?? .end, last: number)
                repeat {
                    while case let events = try await reader.read(), !events.isEmpty {
                        let lines = events.map { ResultOutput.line(ofJSON: $0.bytes) + "\n" }
                        try FileDescriptor.standardOutput.writeAll(lines.joined().utf8)
                    }
                    if follow { try await Task.sleep(for: .milliseconds(250)) }
                } while follow
            }
        }
    }
}

/// A consumer's row, for JSON and for the table.
private struct ConsumerRow: Encodable {
    let consumer: String
    let partition: Int?
    let lag: Int
    /// Of the oldest event that is not read, in seconds, as exact as a partition is long.
    let age: Int
    let inHand: Int
    let retries: Int
    let dead: Int

    init(_ status: EventLog.ConsumerStatus) {
        (consumer, partition, lag) = (status.name, status.partition, status.lag)
        (inHand, retries, dead) = (status.inHand, status.retries, status.dead)
        age = Int(status.age / .seconds(1))
    }

    var cells: [String] {
        [consumer, partition.map { "\($0)" } ?? "-", "\(lag)", "\(age) s", "\(inHand)", "\(retries)", "\(dead)"]
    }
}
