public import ArgumentParser
import BgdemoCore
public import Eventr

/// The options of `serve` for eventr.
struct EventrOptions: StrategyOptions {
    static let title = "Strategy eventr"

    @Option(
        help: ArgumentHelp(
            "The consumer's name; each name handles every event (BGDEMO_CONSUMER). Default: myApp.", valueName: "name"))
    var consumer: String?

    @Option(
        help: ArgumentHelp("A file to append every event to (BGDEMO_AUDIT). Default: none.", valueName: "file"),
        completion: .file())
    var audit: String?

    @Option(
        help: """
            at-least-once, or at-most-once: lost rather than handled twice (BGDEMO_DELIVERY). Default: at-least-once.
            """)
    var delivery: ConsumerOptions.Delivery?

    @Option(
        help: ArgumentHelp(
            "Events taken in one request; after a crash they may be handled twice (BGDEMO_BATCH). Default: 10.",
            valueName: "number"), transform: Int.parse)
    var batch: Int?

    @Option(
        help: ArgumentHelp(
            "How long a process may be silent before another takes its events (BGDEMO_LEASE). Default: 10s.",
            valueName: "time"), transform: Duration.parse)
    var lease: Duration?

    @Option(
        help:
            ArgumentHelp(
                "Delete events that are older and that every consumer has read, such as 7d (BGDEMO_RETENTION). Default: never.",
                valueName: "time"), transform: Duration.parse)
    var retention: Duration?

    @Flag(help: "Redis is a Cluster: the keys have hash tags (BGDEMO_CLUSTER=yes).")
    var cluster = false

    var givenFlags: [String] {
        Self.names(
            ("--consumer", consumer != nil), ("--audit", audit != nil), ("--delivery", delivery != nil),
            ("--batch", batch != nil), ("--lease", lease != nil), ("--retention", retention != nil),
            ("--cluster", cluster))
    }

    func check(_ environment: EnvironmentVariables, _ work: WorkSettings) throws {
        _ = try consumerOptions(environment)
        _ = try consumerName(environment)
    }

    func consumerName(_ environment: EnvironmentVariables) throws -> String {
        let name = try environment.value(consumer, "BGDEMO_CONSUMER") ?? "myApp"
        guard !name.isEmpty else { throw ValidationError("--consumer is empty") }
        return name
    }

    func audit(_ environment: EnvironmentVariables) throws -> LineFile? {
        try environment.value(audit, "BGDEMO_AUDIT").map { try LineFile($0) }
    }

    /// - Parameter isCluster: Whether the URL says that Redis is a Cluster.
    func consumerOptions(_ environment: EnvironmentVariables, isCluster: Bool = false) throws -> ConsumerOptions {
        var options = ConsumerOptions()
        options.delivery = try environment.value(delivery, "BGDEMO_DELIVERY") ?? .atLeastOnce
        options.batch = try environment.value(batch, "BGDEMO_BATCH") ?? 10
        options.lease = try environment.value(lease, "BGDEMO_LEASE") ?? options.lease
        options.retention = try environment.value(retention, "BGDEMO_RETENTION")
        options.log.isCluster = try environment.flag("BGDEMO_CLUSTER") || isCluster || cluster
        guard options.batch >= 1, options.lease >= .milliseconds(100) else {
            throw ValidationError("--batch is at least 1, and --lease at least 100ms")
        }
        return options
    }
}

extension ConsumerOptions.Delivery: ExpressibleByArgument {}
