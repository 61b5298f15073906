package import BgdemoCore
package import BgdemoEmail
package import BgdemoPipes
package import Logging
import ServiceLifecycle

/// The web server and the worker of "local messages" as they were in 2016. The web server answers whether its message
/// arrives or not. The worker keeps its queue in its own memory, sends one mail after the other, and tries for ever; the
/// mails that it holds when it dies are lost.
package struct OriginalLocal: Strategy {
    private let master: MasterConnection
    private let sender: any EmailSender
    private let throttle: Throttle
    private let logger: Logger

    package init(master: MasterConnection, sender: any EmailSender, throttle: Throttle, logger: Logger) {
        self.master = master
        self.sender = sender
        self.throttle = throttle
        self.logger = logger
    }

    // MARK: The web server

    package func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        try master.handOverUnacknowledged(email)
        return AcceptResult("queued")
    }

    package func check() async throws(AcceptError) { try master.check() }

    // MARK: The email worker

    package func work() async throws {
        await withTaskGroup { group in
            let emails = OriginalEmailQueue<Email>()
            group.addTask {
                for await mails in master.mails.cancelOnGracefulShutdown() {
                    await emails.push(mails.compactMap(email))
                }
                await emails.close()
            }
            group.addTask { await workerLoop(emails) }
        }
    }

    private func email(_ mail: MailLine) -> Email? {
        do {
            return try mail.email()
        } catch {
            logger.error("lost a mail that can't be read", metadata: ["id": "\(mail.id)", "reason": "\(error)"])
            return nil
        }
    }

    /// The talk's `workerLoop`.
    private func workerLoop(_ emails: OriginalEmailQueue<Email>) async {
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
