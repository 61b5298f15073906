import BgdemoCore
import ArgumentParser
import BgdemoWeb
import QueueBus
import Resque

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The bus on queues as its operator sees it.
struct BusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bus",
        abstract: "Shows who is subscribed to queuebus; publishes, subscribes and unsubscribes.",
        discussion: """
              bgdemo bus
              bgdemo bus publish user_created '{"id":7,"plan":"pro"}'
              bgdemo bus subscribe billing new_pros \\
                --match bus_event_type=user_created --match plan=pro
              bgdemo bus unsubscribe billing new_pros
            """,
        subcommands: [ListSubscriptions.self, PublishEvent.self, Subscribe.self, Unsubscribe.self],
        defaultSubcommand: ListSubscriptions.self)

    /// Who is on the bus.
    struct ListSubscriptions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "The applications, what each is subscribed to, and how long its queues are.",
            discussion: """
                  bgdemo bus
                  bgdemo bus list --json
                  bgdemo bus --serve
                """)

        @OptionGroup var queues: QueueOptions
        @OptionGroup(title: "Pages") var pages: PageOptions
        @OptionGroup(title: "Logging") var log: LoggingOptions

        func run() async throws {
            guard !pages.serve else { return try await servePages() }
            try await queues.connect { redis, namespace in
                let overview = try await BusOverview(
                    Queue(redis: redis, namespace: namespace),
                    Subscriptions(redis: redis, namespace: namespace))
                try queues.show(overview, asTable: overview.table)
            }
        }

        private func servePages() async throws {
            let reporting = try log.start(.process)
            defer { reporting.end() }
            try await queues.connect { redis, namespace in
                let queue = Queue(redis: redis, namespace: namespace)
                let bus = BusPages(queue, Subscriptions(redis: redis, namespace: namespace))
                try await pages.serve(
                    [bus, QueuesPages(queue, logger: reporting.logger)], as: "bus", logger: reporting.logger)
            }
        }
    }

    struct PublishEvent: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "publish",
            abstract: "Publishes an event, now or later.",
            discussion: """
                \(Duration.formsSentence)

                  bgdemo bus publish user_created '{"id":7,"plan":"pro"}'
                  bgdemo bus publish trial_ended '{"id":7}' --in 3s
                  bgdemo bus publish trial_ended '{"id":7}' --at 2026-11-23T15:00+01:00
                """)

        @Argument(help: "What happened, such as email_requested; the event's bus_event_type.")
        var type: String

        @Argument(help: #"What there is to know about it, as a JSON object: '{"id":7}'. Default: nothing."#)
        var attributes = "{}"

        @Option(help: ArgumentHelp("Only after this time, such as 3s.", valueName: "time"), transform: Duration.parse)
        var `in`: Duration?

        @Option(
            help: ArgumentHelp(
                "Only at this time, in UTC where it names no zone: 2026-11-23T15:00, 2026-11-23T15:00+01:00.",
                valueName: "time"))
        var at: String?

        @OptionGroup var queues: QueueOptions

        func validate() throws {
            guard !type.isEmpty else {
                throw ValidationError("the type is empty; it says what happened, such as email_requested")
            }
            guard self.in == nil || at == nil else { throw ValidationError("--in or --at, not both") }
        }

        func run() async throws {
            let event = try event()
            let second = try at.map { Int(try DateArgument.date($0).timeIntervalSince1970.rounded(.up)) }
            try await queues.connect { redis, namespace in
                let publisher = Publisher(Queue(redis: redis, namespace: namespace))
                if let second {
                    ResultOutput.say("\(try await publisher.publish(type, event, at: second).id ?? "") at \(at ?? "")")
                } else if let delay = self.in {
                    ResultOutput.say("\(try await publisher.publish(type, event, in: delay).id ?? "") in \(delay)")
                } else {
                    ResultOutput.say("\(try await publisher.publish(type, event).id ?? "") is on the bus")
                }
            }
        }

        private func event() throws -> BusEvent {
            do {
                return try BusEvent(json: attributes.utf8)
            } catch {
                throw ValidationError(#"\#(error); write it so: '{"id":7}'"#)
            }
        }
    }
}
