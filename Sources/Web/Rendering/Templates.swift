/// The templates of the pages, read once. A file that is missing or broken shows nothing; a test reads them all.
enum Templates {
    private static let all: [String: Template] = texts.compactMapValues { try? Template($0) }

    /// By their names without `.mustache`.
    static let texts: [String: String] = [
        "layout": text(PackageResources.layout_mustache),
        "bus": text(PackageResources.bus_mustache),
        "events": text(PackageResources.events_mustache),
        "events-consumer": text(PackageResources.events_consumer_mustache),
        "events-partition": text(PackageResources.events_partition_mustache),
        "pages": text(PackageResources.pages_mustache),
        "queues": text(PackageResources.queues_mustache),
        "queues-delayed": text(PackageResources.queues_delayed_mustache),
        "queues-failed": text(PackageResources.queues_failed_mustache),
        "queues-jobs": text(PackageResources.queues_jobs_mustache),
        "queues-nav": text(PackageResources.queues_nav_mustache),
        "queues-key": text(PackageResources.queues_key_mustache),
        "queues-redis": text(PackageResources.queues_redis_mustache),
        "queues-search": text(PackageResources.queues_search_mustache),
        "queues-schedules": text(PackageResources.queues_schedules_mustache),
        "queues-workers": text(PackageResources.queues_workers_mustache),
        "queues-working": text(PackageResources.queues_working_mustache),
        "sparkline": text(PackageResources.sparkline_mustache),
        "sign-in": text(PackageResources.sign_in_mustache),
        "problem": text(PackageResources.problem_mustache),
        "home": text(PackageResources.home_mustache),
        "inbox": text(PackageResources.inbox_mustache),
        "mail": text(PackageResources.mail_mustache),
    ]

    static func render(_ name: String, _ values: TemplateValues) -> HTMLText {
        all[name]?.render(values) ?? .empty
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
