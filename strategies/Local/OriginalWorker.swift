import DequeModule
import Logging
import BgdemoEmail
import BgdemoPipes
import ServiceLifecycle
import BgdemoCore

/// The worker as it was in 2016: it keeps its queue in its own memory, sends one mail after the other, and tries again
/// for ever. What it holds when it dies is gone.
struct OriginalWorker {
    let master: MasterConnection
    let sender: any EmailSender
    let throttle: Throttle
    let logger: Logger

    func work() async {
        await withTaskGroup { group in
            let emails = Emails()
            group.addTask {
                for await mails in master.mails.cancelOnGracefulShutdown() {
                    await emails.push(mails.compactMap(email))
                }
                await emails.close()
            }
            group.addTask { await loop(emails) }
        }
    }

    private func email(_ mail: MailLine) -> Email? {
        do {
            return try mail.email()
        } catch {
            logger.error("lost a mail that can't be read: \(error)")
            return nil
        }
    }

    private func loop(_ emails: Emails) async {
        while let email = await emails.shift() {
            do { try await throttle.acquire() } catch { return }
            logger.info("trying to send an email...")
            let outcome = await sender.send(email)
            if case .sent = outcome {
                logger.info("email sent!", metadata: ["id": "\(email.id)"])
                master.report(email.id, outcome)
            } else {
                logger.info("failed sending email, trying again :(", metadata: ["id": "\(email.id)"])
                await emails.push([email])
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
            }
        }
    }
}

/// `var emails = []`
private actor Emails {
    private var emails = Deque<Email>()
    private var waiting: CheckedContinuation<Void, Never>?
    private var isClosed = false

    func push(_ more: [Email]) {
        emails.append(contentsOf: more)
        wake()
    }

    /// The first; waits for one. Nil once there will be none.
    func shift() async -> Email? {
        while emails.isEmpty, !isClosed { await withCheckedContinuation { waiting = $0 } }
        return isClosed ? nil : emails.popFirst()
    }

    func close() {
        isClosed = true
        wake()
    }

    private func wake() {
        waiting?.resume()
        waiting = nil
    }
}
