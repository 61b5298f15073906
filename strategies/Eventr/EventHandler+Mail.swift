public import BgdemoCore
public import Eventr
import Metrics

/// The three handlers of the demo's consumer. None depends on another.
extension EventHandler {
    static let emailName = "email handler"

    /// Sends the mail of an `emailEvent`. A mail that is invalid, or that the server refuses permanently, is not retried.
    public static func email(_ delivery: Delivery) -> EventHandler {
        EventHandler(emailName, isRetryable: SendError.isWorthRetrying, isOutage: SendError.isOutage) { event in
            guard let email = try EmailEvent.email(of: event) else { return "not an email" }
            return try await delivery.attempt(email, number: event.failures + 1)
        }
    }

    /// Appends a line for each event to a file: its position, a tab, and the event. An event handled twice has two lines.
    public static func audit(_ file: LineFile) -> EventHandler {
        EventHandler("audit handler") { event in
            // Between the parts of a JSON text a line end means the same as a blank; within a string it is escaped.
            let line = String(decoding: event.bytes.map { $0 == 0x0a || $0 == 0x0d ? 0x20 : $0 }, as: UTF8.self)
            try file.append("\(event.place)\t\(line)")
            return "appended"
        }
    }

    /// Counts the events by name, for `/metrics`.
    public static func counter() -> EventHandler {
        EventHandler("counter handler") { event in
            // A producer may invent any number of names; only this one has its own counter.
            let isMail = event.isNamed(EmailEvent.name)
            Counter(label: "bgdemo_events_total", dimensions: [("event", isMail ? EmailEvent.name : "other")])
                .increment()
            return "counted"
        }
    }
}
