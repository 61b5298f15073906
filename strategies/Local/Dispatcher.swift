import BgdemoCore
import BgdemoEmail
import BgdemoFoundations
import BgdemoPipes
import BgdemoSpool
import Logging
import Metrics
import NIOCore

/// Moves the mails: from the web servers into the table of mails in flight, from there to the workers, and out by what
/// the workers report.
final class Dispatcher: MailDispatcher {
    private let settings: MasterSettings
    private let loop: any EventLoop
    private let logger: Logger
    private let meters: MasterMeters
    private let spool: Spool?
    private let deadLetters: DeadLetters?
    private var generator = SystemRandomNumberGenerator()
    private var mails = InFlightTable()
    private let statuses = MailStatusMemory()
    private var servers: [Int: Child] = [:]
    private var workers: [Child] = []
    private var grants = CreditGrants()
    /// Mails that are being written to the spool.
    private var unwritten = Credit()
    /// When the throttle lets the next mail go.
    private var nextSend = NIODeadline.uptimeNanoseconds(0)
    private var isThrottled = false

    init(
        _ settings: MasterSettings, loop: any EventLoop, meters: MasterMeters, spool: Spool?, deadLetters: DeadLetters?,
        logger: Logger
    ) {
        self.settings = settings
        self.loop = loop
        self.meters = meters
        self.spool = spool
        self.deadLetters = deadLetters
        self.logger = logger
    }

    var count: Int { mails.count + unwritten.mails }

    func canProgress(before deadline: NIODeadline) -> Bool { unwritten.mails > 0 || mails.hasWork(before: deadline) }

    // MARK: Children

    func add(server: Child) {
        servers[server.number] = server
        grants.add(server, limit: limit)
    }

    func add(worker: Child) {
        workers.append(worker)
        dispatch()
    }

    /// The credit of a web server goes to its successor.
    func retire(_ child: Child) {
        workers.removeAll { $0.number == child.number }
        grants.remove(child)
    }

    func remove(_ child: Child) -> AbandonedMails {
        retire(child)
        servers[child.number] = nil
        return AbandonedMails(count: mails.requeueAll(of: child.number), fate: "requeued")
    }

    // MARK: What they report

    func accept(_ mail: MailLine, from server: Child) {
        grants.use(bytes: mail.bytes.readableBytes, by: server)
        meters.delivery.accepted.increment()
        guard let spool else { return own(OwnedMail(mail.alone, since: .now())) }
        unwritten.mails += 1
        unwritten.bytes += mail.bytes.readableBytes
        spool.write(Spool.PendingWrite(server: server.number, mail: mail.alone, since: .now()), then: didWrite)
    }

    /// A mail that comes again while it is here, as from the successor of a web server that died before its answer, is
    /// accepted already.
    private func own(_ mail: OwnedMail) {
        if mails.add(mail) { statuses.record(accepted: "queued", mail.id) }
    }

    func status(of id: EmailID) -> MailStatus? { statuses.status(of: id) }

    /// Takes over the mails of the master before this one.
    func resume(_ lines: [MailLine]) {
        for line in lines { own(OwnedMail(line.alone, since: .now())) }
    }

    private lazy var didWrite: Spool.Completion = {
        let bound = NIOLoopBound(self, eventLoop: loop)
        return { [loop] writes, failure in loop.execute { bound.value.didWrite(writes, failure) } }
    }()

    /// The spool has these mails, or it failed and they belong to nobody.
    private func didWrite(_ writes: [Spool.PendingWrite], _ failure: String?) {
        for (number, writes) in Dictionary(grouping: writes, by: \.server) {
            servers[number]?.send(failure.map { .refused(writes.count, $0) } ?? .taken(writes.count))
        }
        for write in writes {
            unwritten.mails -= 1
            unwritten.bytes -= write.mail.bytes.readableBytes
            if failure == nil { own(OwnedMail(write.mail, since: write.since)) }
        }
        dispatch()
    }

    func didSend(_ id: EmailID, worker: Child) {
        guard let mail = mails.complete(id, by: worker.number) else { return }
        meters.record(.sent(reply: ""), of: mail)
        let tries = mail.attempts.failures + mail.attempts.outages
        statuses.record(MailStatus(.sent(reply: ""), attempts: tries + 1, isRetried: false), id)
        spool?.remove(id)
    }

    func didFail(_ id: EmailID, _ outcome: SendOutcome, worker: Child) {
        guard var mail = mails.fail(id, by: worker.number) else { return }
        meters.record(outcome, of: mail)
        let delay = mail.attempts.delay(after: outcome, settings.retry, using: &generator)
        let tries = mail.attempts.failures + mail.attempts.outages
        statuses.record(MailStatus(outcome, attempts: tries, isRetried: delay != nil), id)
        guard let delay else {
            mails.drop(id)
            return moveToDeadLetters(mail, outcome)
        }
        mails.scheduleRetry(of: id, mail.attempts, at: .now() + TimeAmount(delay))
        // The worker logs an outage, once for all mails.
        logger.log(
            level: outcome.isOutage ? .debug : .info, "failed sending an email, trying again",
            metadata: [
                "id": "\(id)", "in": "\(delay.milliseconds) ms",
                "attempt": "\(mail.attempts.failures + 1) of \(settings.retry.attempts)",
            ])
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: TimeAmount(delay)) {
            bound.value.mails.requeue(id)
            bound.value.dispatch()
        }
    }

    private func moveToDeadLetters(_ mail: OwnedMail, _ outcome: SendOutcome) {
        meters.deadLetters.increment()
        logger.error(
            "gave up on an email",
            metadata: [
                "id": "\(mail.id)", "attempts": "\(mail.attempts.failures + mail.attempts.outages)",
                "reason": "\(outcome.failure?.description ?? outcome.name)",
            ])
        guard let deadLetters else { return spool?.remove(mail.id) ?? () }
        deadLetters.append(mail.line, outcome) { [spool] in spool?.remove(mail.id) }
    }

    /// What the master still owns stays in the spool; without one it goes to the dead letters, or is lost.
    func close() {
        let left = mails.all
        guard !left.isEmpty else { return }
        let metadata: Logger.Metadata = ["mails": "\(left.count)"]
        guard spool == nil else {
            return logger.notice("mails stay in the spool for the next master", metadata: metadata)
        }
        guard let deadLetters else {
            return logger.error("mails were not sent in time and are lost; --spool keeps them", metadata: metadata)
        }
        logger.error("mails were not sent in time and go to the dead letters", metadata: metadata)
        let failure = SMTPFailure(.queue, "the master was stopped before the mail was sent")
        for mail in left { deadLetters.append(mail.line, .temporary(failure)) }
    }

    // MARK: Giving

    func dispatch() {
        assignMails()
        grants.grant(limit)
    }

    /// What the master can still own.
    private var limit: Credit {
        Credit(mails: settings.backlog, bytes: MasterSettings.backlogBytes)
            - Credit(mails: mails.count, bytes: mails.bytes) - unwritten
    }

    private func assignMails() {
        while mails.waitingCount > 0, let worker = leastBusyWorker, passesThrottle() {
            guard let mail = mails.assignNext(to: worker.number) else { return }
            worker.send(.mail(mail.line))
        }
    }

    private var leastBusyWorker: Child? {
        let worker = workers.min { mails.assignedCount(of: $0.number) < mails.assignedCount(of: $1.number) }
        return worker.flatMap { mails.assignedCount(of: $0.number) < settings.concurrency ? $0 : nil }
    }

    private func passesThrottle() -> Bool {
        guard settings.gap > .zero else { return true }
        let now = NIODeadline.now()
        guard now < nextSend else {
            nextSend = now + TimeAmount(settings.gap)
            return true
        }
        guard !isThrottled else { return false }
        isThrottled = true
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(deadline: nextSend) {
            bound.value.isThrottled = false
            bound.value.dispatch()
        }
        return false
    }

    func record() { meters.record(mails, unwritten: unwritten.mails) }
}
