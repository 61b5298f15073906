import BgdemoEmail
import BgdemoTelemetry
import Logging
import Synchronization
import Testing

@testable import BgdemoCore

@Suite struct DeliveryReportTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    @Test("Each line that a delivery logs is read again", arguments: ["", "[email worker @ 4711] "])
    func lines(prefix: String) throws {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in
            LineLogHandler(.json, level: .debug, messagePrefix: prefix) { line in lines.all.withLock { $0.append(line) }
            }
        }
        let tracker = DeliveryTracker(logger: logger)
        let failure = SMTPFailure(.queue, "no: \"way\"")
        let outcomes: [SendOutcome] = [
            .sent(reply: "250 ok"), .unknown(failure), .temporary(failure), .permanent(failure),
        ]
        for outcome in outcomes {
            let attempt = try tracker.begin(try Email(to: "compare-17@example.org", subject: "a", text: "b"))
            attempt.logTry(1)
            attempt.finish(outcome)
        }
        let reports = lines.all.withLock { $0 }.map { DeliveryReport(logLine: $0) }
        let ends: [DeliveryReport.Event] = [.sent, .perhapsSent, .failed, .failed]
        #expect(reports.map { $0?.event } == ends.flatMap { [.accepted, .tried, $0] })
        #expect(reports.allSatisfy { $0?.recipient == "compare-17@example.org" })
        #expect(reports.allSatisfy { $0?.pid == (prefix.isEmpty ? nil : 4711) })
    }

    @Test(
        "Other lines tell nothing",
        arguments: ["", "bgdemo foreground", #"{"message":"Listening"}"#, #"{"message":"["#])
    func others(line: String) { #expect(DeliveryReport(logLine: line) == nil) }
}
