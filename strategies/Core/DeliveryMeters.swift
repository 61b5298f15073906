public import BgdemoEmail
public import Metrics

/// The metrics of the mails: accepted, in flight, sends by outcome, and the time from the acceptance to the mail server's
/// positive reply.
public final class DeliveryMeters: Sendable {
    public let accepted = Counter(label: "bgdemo_mails_accepted_total")
    public let inFlight = Gauge(label: "bgdemo_mails_in_flight")
    private let timeToSent = Timer(label: "bgdemo_time_to_sent_seconds")
    private let sent = counter("sent")
    private let temporary = counter("temporary")
    private let permanent = counter("permanent")
    private let unknown = counter("unknown")

    public init() {}

    private static func counter(_ outcome: String) -> Counter {
        Counter(label: "bgdemo_sends_total", dimensions: [("outcome", outcome)])
    }

    public func record(_ outcome: SendOutcome, after time: Duration) {
        switch outcome {
        case .sent:
            sent.increment()
            timeToSent.record(duration: time)
        case .temporary: temporary.increment()
        case .permanent: permanent.increment()
        case .unknown: unknown.increment()
        }
    }
}
