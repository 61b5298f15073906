import BgdemoEmail
import Metrics
import NIOCore
import BgdemoCore

/// What `/metrics` says of the master, beside the journeys of its mails.
struct MasterMeters {
    let delivery = DeliveryMeters()
    let waiting = Gauge(label: "bgdemo_local_waiting")
    let inHand = Gauge(label: "bgdemo_local_in_hand")
    let resting = Gauge(label: "bgdemo_local_retrying")
    let buried = Counter(label: "bgdemo_local_dead_letters_total")
    private let deaths = Dictionary(
        uniqueKeysWithValues: ChildRole.allCases.map { role in
            (role, Counter(label: "bgdemo_local_deaths_total", dimensions: [("child", role.title)]))
        })

    func died(_ role: ChildRole) { deaths[role]?.increment() }

    func record(_ inFlight: InFlightTable, unkept: Int) {
        delivery.inFlight.record(inFlight.count + unkept)
        waiting.record(inFlight.waitingCount)
        inHand.record(inFlight.inHandCount)
        resting.record(inFlight.restingCount)
    }

    func record(_ outcome: SendOutcome, of mail: OwnedMail) {
        delivery.record(outcome, after: .nanoseconds((.now() - mail.since).nanoseconds))
    }
}
