import BgdemoCore
import BgdemoEmail
import BgdemoPipes
import Metrics
import NIOCore

/// The master's metrics.
struct MasterMeters {
    let delivery = DeliveryMeters()
    let deadLetters = Counter(label: "bgdemo_local_dead_letters_total")
    private let waiting = Gauge(label: "bgdemo_local_waiting")
    private let inHand = Gauge(label: "bgdemo_local_in_hand")
    private let retrying = Gauge(label: "bgdemo_local_retrying")
    private let deaths = Dictionary(
        uniqueKeysWithValues: ChildRole.allCases.map { role in
            (role, Counter(label: "bgdemo_local_deaths_total", dimensions: [("child", role.title)]))
        })

    func recordDeath(of role: ChildRole) { deaths[role]?.increment() }

    func record(_ mails: InFlightTable, unwritten: Int) {
        delivery.inFlight.record(mails.count + unwritten)
        waiting.record(mails.waitingCount)
        inHand.record(mails.assignedCount)
        retrying.record(mails.retryingCount)
    }

    func record(_ outcome: SendOutcome, of mail: OwnedMail) {
        delivery.record(outcome, after: .nanoseconds((.now() - mail.since).nanoseconds))
    }
}
