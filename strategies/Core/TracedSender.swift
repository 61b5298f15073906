public import BgdemoEmail
import BgdemoFoundations
import BgdemoTraceContext
public import Tracing

/// A client span for each mail that is sent; its parent is the span in which it is sent.
public struct TracedSender: EmailSender {
    private let tracer: any Tracer
    private let sender: any EmailSender

    public init(_ sender: any EmailSender, _ tracer: any Tracer) {
        (self.sender, self.tracer) = (sender, tracer)
    }

    public func send(
        _ email: Email, while isWanted: @escaping @Sendable () -> Bool,
        completion: @escaping @Sendable (SendOutcome) -> Void
    ) {
        let span: any Span = tracer.startSpan("SMTP send", ofKind: .client)
        guard span.isRecording else {
            span.end()
            return sender.send(email, while: isWanted, completion: completion)
        }
        span.updateAttributes { attributes in
            attributes["network.protocol.name"] = "smtp"
            attributes["bgdemo.mail.id"] = email.id.description
        }
        sender.send(email, while: isWanted) { outcome in
            span.record(outcome)
            span.end()
            completion(outcome)
        }
    }
}

extension Span {
    /// Records what became of a mail.
    package func record(_ outcome: SendOutcome) {
        guard let failure = outcome.failure else { return }
        fail(failure.code.map { "\($0)" } ?? outcome.name, printable("\(failure)", limit: 500))
    }
}
