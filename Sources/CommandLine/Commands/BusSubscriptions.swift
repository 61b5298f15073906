import ArgumentParser
import QueueBus
import Resque

/// How applications come to the bus and leave it.
extension BusCommand {
    struct Subscribe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "subscribe",
            abstract: "Has a queue of an application get the events that match, from now on.",
            discussion: """
                  bgdemo bus subscribe billing new_pros \\
                    --match bus_event_type=user_created --match plan=pro
                  bgdemo bus subscribe audit everything --match 'bus_event_type=.*'
                  bgdemo bus subscribe crm reachable \\
                    --match bus_event_type=user_created --match phone:present

                Every --match has to hold. name=text holds where the attribute is this text, or is matched by it as one \
                of Ruby's regular expressions, from the beginning of a line to its end. name:word is for what no text \
                says: key (there, if only null), nil (null or missing), value (neither), empty (""), blank (null, \
                missing or white space), present (not blank). So to=present is the text, and to:present the word.
                """)

        @Argument(help: "The application.")
        var application: String

        @Argument(help: "What the subscription is called in it. One of that name is replaced.")
        var key: String

        @Option(
            name: .customLong("match"),
            help: "name=text, or name:word (see above); as often as needed. Default, as in Ruby: bus_event_type=KEY.",
            transform: MatchArgument.init)
        var matches: [MatchArgument] = []

        @Option(help: ArgumentHelp("The queue's name within the application.", valueName: "name"))
        var queue = "default"

        @Option(name: .customLong("class"), help: "The Ruby class of the copies. Default: whatever rides the queue.")
        var className = "::QueueBus::Rider"

        @OptionGroup var queues: QueueOptions

        func validate() throws {
            _ = try BusCommand.application(application)
            guard !key.isEmpty, !className.isEmpty else { throw ValidationError("KEY and --class can't be empty") }
            let names = Set(matches.map(\.name))
            guard names.count == matches.count else {
                throw ValidationError("of two --match with one name both would have to hold; write one")
            }
            for filter in matcher.invalidFilters { throw ValidationError("\(filter.name) cannot match: \(filter)") }
        }

        private var matcher: Matcher {
            let filters = Dictionary(matches.map { ($0.name, $0.filter) }) { first, _ in first }
            return filters.isEmpty ? Matcher(eventType: key) : Matcher(filters)
        }

        func run() async throws {
            let application = try BusCommand.application(application)
            let subscription = Subscription(
                key: key, queueName: application.queue(queue), className: className, matcher: matcher)
            try await queues.connect { redis, namespace in
                try await Subscriptions(redis: redis, namespace: namespace).add(subscription, to: application)
                ResultOutput.say(
                    "\(application.key) has what matches \(subscription.matcher) in \(subscription.queueName)")
            }
        }
    }

    struct Unsubscribe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "unsubscribe",
            abstract: "Takes an application off the bus, or one subscription of it. What is in its queues stays there.",
            discussion: """
                  bgdemo bus unsubscribe billing new_pros
                  bgdemo bus unsubscribe billing
                """)

        @Argument(help: "The application.")
        var application: String

        @Argument(help: "The subscription. Default: all.")
        var key: String?

        @OptionGroup var queues: QueueOptions

        func validate() throws { _ = try BusCommand.application(application) }

        func run() async throws {
            let application = try BusCommand.application(application)
            try await queues.connect { redis, namespace in
                let all = Subscriptions(redis: redis, namespace: namespace)
                let was =
                    if let key { try await all.remove(key, from: application) } else {
                        try await all.unsubscribe(application)
                    }
                guard was else {
                    let what = key.map { "\(application.key) has no subscription \($0)" }
                    throw ValidationError(
                        "\(what ?? "there is no application \(application.key)"); bgdemo bus shows those there are")
                }
                ResultOutput.say("\(application.key) \(key.map { "\($0) " } ?? "")is off the bus")
            }
        }
    }

    private static func application(_ name: String) throws -> Application {
        do { return try Application(name) } catch { throw ValidationError("\(error)") }
    }
}

/// `name=text` or `name:word`.
struct MatchArgument {
    let name: String
    let filter: Matcher.Filter

    init(_ argument: String) throws {
        if let place = argument.firstIndex(of: "=") {
            let text = String(argument[argument.index(after: place)...])
            guard !text.isEmpty else {
                throw ValidationError(
                    "no event matches \(argument): for an empty text write \(argument.dropLast()):empty")
            }
            (name, filter) = (String(argument[..<place]), .value(text))
        } else if let place = argument.lastIndex(of: ":"),
            let filter = Matcher.Filter(word: argument[argument.index(after: place)...])
        {
            (name, self.filter) = (String(argument[..<place]), filter)
        } else {
            let words = Matcher.Filter.words.joined(separator: ", ")
            throw ValidationError("'\(argument)' is no match; write name=text, or name:word with one of \(words)")
        }
        guard !name.isEmpty else { throw ValidationError("'\(argument)' names no attribute; write name=text") }
    }
}
