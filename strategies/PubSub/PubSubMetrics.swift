import Metrics

/// What `/metrics` says of the web half.
struct PublisherMetrics: Sendable {
    let published = Counter(label: "bgdemo_pubsub_published_total")
    /// Published to nobody: lost.
    let unheard = Counter(label: "bgdemo_pubsub_unheard_total")
}

/// What `/metrics` says of a worker.
struct SubscriberMetrics: Sendable {
    let heard = Counter(label: "bgdemo_pubsub_heard_total")
    /// Messages that are no mail.
    let refused = Counter(label: "bgdemo_pubsub_refused_total")
    /// Mails that wait in memory, lost when the process dies.
    let queue = Gauge(label: "bgdemo_pubsub_queue_length")
    let deadLetters = Counter(label: "bgdemo_pubsub_dead_letters_total")
    /// How often the subscription broke: what was published meanwhile was not heard.
    let breaks = Counter(label: "bgdemo_pubsub_breaks_total")
}
