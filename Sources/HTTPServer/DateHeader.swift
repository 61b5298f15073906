import BgdemoFoundations
import NIOCore

/// The `Date:` field (RFC 9110, section 6.6.1), formatted once a second.
struct DateHeader {
    private var text = ""
    private var validUntil = NIODeadline.uptimeNanoseconds(0)

    mutating func line(at now: NIODeadline) -> String {
        if now >= validUntil {
            text = "Date: \(Timestamp().http)\r\n"
            validUntil = now + .seconds(1)
        }
        return text
    }
}
