package import BgdemoCore
package import BgdemoEmail
import BgdemoFoundations
package import BgdemoPipes
package import Logging
import Metrics
package import NIOCore

/// The master of "local messages" as it was in 2016: it passes each mail to a worker and forgets it. Only the bound on
/// what a worker may hold is not of 2016.
package final class OriginalDispatcher: MailDispatcher {
    private let backlog: Int
    private let meters: DeliveryMeters
    private let logger: Logger
    private var grants = CreditGrants()
    private var workers: [Child] = []
    /// The mails that each worker has not reported as sent.
    private var forwarded: [Int: Int] = [:]

    package init(backlog: Int, meters: DeliveryMeters, logger: Logger) {
        self.backlog = backlog
        self.meters = meters
        self.logger = logger
    }

    /// The master owns no mail.
    package var count: Int { 0 }
    package func canProgress(before deadline: NIODeadline) -> Bool { false }

    package func add(server: Child) { grants.add(server, limit: limit) }

    package func add(worker: Child) {
        workers.append(worker)
        dispatch()
    }

    package func retire(_ child: Child) {
        workers.removeAll { $0.number == child.number }
        grants.remove(child)
    }

    package func remove(_ child: Child) -> AbandonedMails {
        retire(child)
        return AbandonedMails(count: forwarded.removeValue(forKey: child.number) ?? 0, fate: "lost")
    }

    /// `children.worker.send(message)`
    package func accept(_ mail: MailLine, from server: Child) {
        grants.use(bytes: mail.bytes.readableBytes, by: server)
        meters.accepted.increment()
        logger.info("got an email to send from the webserver: \(printable(String(buffer: mail.bytes)))")
        guard let worker = workers.first else {
            return logger.error("there is no email worker: the email is lost", metadata: ["id": "\(mail.id)"])
        }
        forwarded[worker.number, default: 0] += 1
        worker.send(.mail(mail))
    }

    package func didSend(_ id: EmailID, worker: Child) {
        if let count = forwarded[worker.number], count > 0 { forwarded[worker.number] = count - 1 }
    }

    /// The worker of 2016 reports no failure: it tries again.
    package func didFail(_ id: EmailID, _ outcome: SendOutcome, worker: Child) {}

    package func dispatch() { grants.grant(limit) }

    private var limit: Credit {
        Credit(mails: backlog - forwarded.values.reduce(0, +), bytes: CreditGrants.window.bytes * 16)
    }

    package func record() { meters.inFlight.record(0) }
    package func close() {}
}
