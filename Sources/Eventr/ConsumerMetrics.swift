import Metrics

/// The metrics of a consumer.
struct ConsumerMetrics: Sendable {
    /// Events that were found.
    let events: Counter
    /// Handlers that handled an event, failed with one, or gave up.
    let succeeded: Counter
    let failed: Counter
    let dead: Counter
    /// Events that are not acknowledged, and failures that wait for a retry.
    let lag: Gauge
    let retries: Gauge

    init(consumer: String) {
        let dimensions = [("consumer", consumer)]
        func handled(_ outcome: String) -> Counter {
            Counter(label: "eventr_handled_total", dimensions: dimensions + [("outcome", outcome)])
        }
        events = Counter(label: "eventr_events_total", dimensions: dimensions)
        succeeded = handled("success")
        failed = handled("error")
        dead = handled("dead")
        lag = Gauge(label: "eventr_lag_events", dimensions: dimensions)
        retries = Gauge(label: "eventr_retries", dimensions: dimensions)
    }
}
