public import ArgumentParser
public import Eventr

/// How the consumers of the eventr strategy work.
struct EventOptions: ParsableArguments {
    @Option(help: "The consumer's name; each name has every event (BGDEMO_CONSUMER). Default: myApp.")
    var consumer: String?

    @Option(help: "A file to append every event to (BGDEMO_AUDIT).")
    var audit: String?

    @Option(
        help:
            "at-least-once, or at-most-once: lost rather than handled twice (BGDEMO_DELIVERY). Default: at-least-once.")
    var delivery: ConsumerOptions.Delivery?

    @Option(help: "Events taken at once, which a crash may have handled twice (BGDEMO_BATCH). Default: 10.")
    var batch: Int?

    @Option(help: "How long a process may be silent before another has its events (BGDEMO_LEASE). Default: 10s.")
    var lease: Duration?

    @Option(help: "Forget events so old that every consumer has read, such as 7d (BGDEMO_RETENTION). Default: never.")
    var retention: Duration?

    @Flag(help: "Redis is a Cluster: the keys carry hash tags (BGDEMO_CLUSTER=yes).")
    var cluster = false

    func settings(_ environment: EnvironmentVariables) throws -> EventSettings {
        var settings = EventSettings()
        settings.consumer = try environment.value(consumer, "BGDEMO_CONSUMER") ?? settings.consumer
        settings.audit = try environment.value(audit, "BGDEMO_AUDIT")
        settings.options.delivery = try environment.value(delivery, "BGDEMO_DELIVERY") ?? .atLeastOnce
        settings.options.batch = try environment.value(batch, "BGDEMO_BATCH") ?? 10
        settings.options.lease = try environment.value(lease, "BGDEMO_LEASE") ?? settings.options.lease
        settings.options.retention = try environment.value(retention, "BGDEMO_RETENTION")
        settings.options.log.isCluster = try isCluster(environment)
        guard settings.options.batch >= 1, settings.options.lease >= .milliseconds(100), !settings.consumer.isEmpty
        else { throw ValidationError("--batch is at least 1, --lease at least 100ms, and --consumer not empty") }
        return settings
    }

    func isCluster(_ environment: EnvironmentVariables) throws -> Bool {
        try cluster || environment.value(String?.none, "BGDEMO_CLUSTER") == "yes"
    }
}

/// What the options say.
struct EventSettings: Sendable {
    var consumer = "myApp"
    var audit: String?
    var options = ConsumerOptions()
}

extension ConsumerOptions.Delivery: ExpressibleByArgument {}
