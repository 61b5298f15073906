import BgdemoFoundations
import NIOCore

/// What the server tells of its connections, for counters and logs.
protocol ConnectionObserver: Sendable {
    /// An answer is on its way; the time since its request was whole.
    func answered(_ status: HTTPStatus, in time: TimeAmount)
    /// The client left before these many answers were ready.
    func abandoned(_ requests: Int)
    /// The connection broke.
    func failed(_ error: any Error)
}

/// Tells a connection, as a user event, that it is to end when what is in hand is answered.
struct DrainEvent: Sendable {}

/// The `Date:` field (RFC 9110, section 6.6.1), spelled anew once a second.
struct DateHeader {
    private var text = ""
    private var valid = NIODeadline.uptimeNanoseconds(0)

    mutating func line(_ now: NIODeadline) -> String {
        if now >= valid {
            text = "Date: \(Timestamp().http)\r\n"
            valid = now + .seconds(1)
        }
        return text
    }
}
