/// Something that sends mails: the SMTP client, the discarding sender, a test's double.
public protocol EmailSender: Sendable {
    /// Sends one mail and calls `completion` with what became of it, exactly once and on any thread. Never blocks the
    /// caller.
    ///
    /// The callback is the primitive and not `async`, because the talk's second strategy ignores it.
    func send(_ email: Email, completion: @escaping @Sendable (SendOutcome) -> Void)
}

extension EmailSender {
    /// Sends one mail and returns what became of it. It is not cancelled with its task: a mail under way is never
    /// interrupted, and its time limits end it.
    public func send(_ email: Email) async -> SendOutcome {
        await withCheckedContinuation { continuation in
            send(email) { continuation.resume(returning: $0) }
        }
    }
}

/// `discard:` takes every mail and throws it away, for dry runs and for measuring everything but the sending.
public struct DiscardingSender: EmailSender {
    public init() {}

    public func send(_ email: Email, completion: @escaping @Sendable (SendOutcome) -> Void) {
        completion(.sent(reply: "discarded"))
    }

    public func send(_ email: Email) async -> SendOutcome { .sent(reply: "discarded") }
}
