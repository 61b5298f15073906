import BgdemoEmail
import BgdemoSMTPClient
import Synchronization

/// Whether the mail server of this process can be used, for `/readyz`.
final class MailServerCheck: Sendable {
    private let client: SMTPClient
    private let isProbing = Atomic<Bool>(false)

    init(_ client: SMTPClient) {
        self.client = client
    }

    /// What stood between the client and the server at the end of the last session; nil where it worked. A failure starts a
    /// session without a mail, one at a time: where no mails come, nothing else would notice that the server is back.
    func failure() -> SMTPFailure? {
        guard let failure = client.sessionFailure else { return nil }
        if !isProbing.exchange(true, ordering: .relaxed) {
            Task {
                _ = await client.probe()
                isProbing.store(false, ordering: .relaxed)
            }
        }
        return failure
    }
}
