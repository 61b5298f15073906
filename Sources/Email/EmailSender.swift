/// Something that sends mails: the SMTP client, the discarding sender, a test's double.
public protocol EmailSender: Sendable {
    /// Sends one mail and calls `completion` with what became of it, exactly once and on any thread. Never blocks the
    /// caller.
    ///
    /// The callback is the primitive and not `async`, because the talk's second strategy ignores it.
    ///
    /// - Parameter isWanted: Asked on any thread, last right before the step that cannot be undone: false ends the mail as
    ///   temporary. It must not block.
    func send(
        _ email: Email, while isWanted: @escaping @Sendable () -> Bool,
        completion: @escaping @Sendable (SendOutcome) -> Void)

    /// Sends one mail and returns what became of it. It is not cancelled with its task: a mail under way is never
    /// interrupted, and its time limits end it. Default: waits for the completion.
    ///
    /// - Parameter isWanted: See ``send(_:while:completion:)``.
    func send(_ email: Email, while isWanted: @escaping @Sendable () -> Bool) async -> SendOutcome
}

extension EmailSender {
    /// Sends one mail, which stays wanted.
    public func send(_ email: Email, completion: @escaping @Sendable (SendOutcome) -> Void) {
        send(email, while: { true }, completion: completion)
    }

    public func send(_ email: Email, while isWanted: @escaping @Sendable () -> Bool) async -> SendOutcome {
        await withCheckedContinuation { continuation in
            send(email, while: isWanted) { continuation.resume(returning: $0) }
        }
    }

    /// Sends one mail, which stays wanted, and returns what became of it.
    public func send(_ email: Email) async -> SendOutcome { await send(email, while: { true }) }
}

/// `discard:` takes every mail and throws it away, for dry runs and for measuring everything but the sending.
public struct DiscardingSender: EmailSender {
    public init() {}

    public func send(
        _ email: Email, while isWanted: @escaping @Sendable () -> Bool,
        completion: @escaping @Sendable (SendOutcome) -> Void
    ) {
        completion(outcome(isWanted()))
    }

    public func send(_ email: Email, while isWanted: @escaping @Sendable () -> Bool) async -> SendOutcome {
        outcome(isWanted())
    }

    private func outcome(_ isWanted: Bool) -> SendOutcome { isWanted ? .sent(reply: "discarded") : .unwanted }
}
