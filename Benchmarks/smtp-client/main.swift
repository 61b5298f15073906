import Dispatch
import Logging
import BgdemoEmail
import BgdemoSMTPClient
import Synchronization

// bgdemo-smtp-client-bench URL MAILS CONNECTIONS: queues all mails at once and prints how many were sent per second.

let arguments = CommandLine.arguments
guard arguments.count == 4, let mails = Int(arguments[2]), mails > 0, let connections = Int(arguments[3]) else {
    fatalError("usage: bgdemo-smtp-client-bench smtp://127.0.0.1:2525 20000 50")
}
let client = try SMTPClient(
    server: SMTPServer(url: arguments[1]), from: Address("bench@example.org"), connections: connections,
    backlog: mails, logger: Logger(label: "bgdemo-smtp-client-bench"))
// As long as the message of the C loop, with its headers.
let text = String(repeating: "This is one of the lines of a small mail.\n", count: 12)
let left = Atomic(mails)
let failed = Atomic(0)
let done = DispatchSemaphore(value: 0)

let emails = try (0..<mails).map { try Email(to: "to\($0 % 100)@example.org", subject: "Bench \($0)", text: text) }
let begin = ContinuousClock.now
for email in emails {
    client.send(email) { outcome in
        if outcome.failure != nil, failed.add(1, ordering: .relaxed).newValue == 1 { print(outcome) }
        if left.subtract(1, ordering: .relaxed).newValue == 0 { done.signal() }
    }
}
done.wait()
let seconds = (ContinuousClock.now - begin) / .seconds(1)
print("\(Int(Double(mails) / seconds)) mails/s, \(failed.load(ordering: .relaxed)) failed")
