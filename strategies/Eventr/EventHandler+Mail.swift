public import Eventr
import Metrics
public import BgdemoCore

/// What the demo's consumer does about an event: three things, of which each knows nothing of the others.
extension EventHandler {
    /// Sends the mail of an `emailEvent`. What another try can't cure is dead at once: a mail against the rules, or one
    /// that the server refuses for good.
    public static func email(_ delivery: Delivery) -> EventHandler {
        EventHandler("email handler", isRetryable: SendError.isWorthRetrying) { event in
            guard let email = try MailEvent.email(of: event) else { return "not an email" }
            return try await delivery.attempt(email, number: 1)
        }
    }

    /// Appends a line for every event to a file: its place, a tab, and the event. One handled twice has two lines.
    public static func audit(_ file: LineFile) -> EventHandler {
        EventHandler("audit handler") { event in
            // A line end between the parts of a JSON text means as much as a blank; in a string there is none.
            let line = String(decoding: event.bytes.map { $0 == 0x0a || $0 == 0x0d ? 0x20 : $0 }, as: UTF8.self)
            try file.append("\(event.place)\t\(line)")
            return "appended"
        }
    }

    /// Counts every event by its name, for `/metrics`.
    public static func counter() -> EventHandler {
        EventHandler("counter handler") { event in
            // By name, of which a hostile producer could invent many: only our own has a counter of its own.
            let isMail = event.name == MailEvent.name
            Counter(label: "bgdemo_events_total", dimensions: [("event", isMail ? MailEvent.name : "other")])
                .increment()
            return "counted"
        }
    }
}
