import BgdemoFoundations
import Logging
import BgdemoEmail
import Metrics
import NIOCore
import BgdemoPipes
import BgdemoSpool
import BgdemoCore

/// Moves the mails: from the web servers into the table, from there to the workers, and out by what the workers report.
/// It belongs to the master's event loop.
final class Dispatcher {
    private let settings: MasterSettings
    private let loop: any EventLoop
    private let logger: Logger
    private let meters: MasterMeters
    private let spool: Spool?
    private let deadLetters: DeadLetters?
    private var generator = SystemRandomNumberGenerator()
    private var inFlight = InFlightTable()
    private var servers: [Int: Child] = [:]
    private var workers: [Child] = []
    /// Mails on their way into the spool.
    private var unkept = Credit()
    private var nextTurn = NIODeadline.uptimeNanoseconds(0)
    private var isWaitingForTurn = false

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

    /// The mails that are owned.
    var count: Int { inFlight.count + unkept.mails }

    /// Whether anything can become of the mails before this time.
    func canProgress(before deadline: NIODeadline) -> Bool { unkept.mails > 0 || inFlight.hasWork(before: deadline) }

    // MARK: Who takes part

    /// It is a web server's turn to accept. It waits for this first word, though there be no room.
    func welcome(_ server: Child) {
        servers[server.number] = server
        promise(server)
        if server.promised == Credit() { server.post(.credit(Credit())) }
    }

    /// A worker is ready.
    func join(_ worker: Child) {
        workers.append(worker)
        settle()
    }

    /// Nothing more is given to the child; what it says still counts. What was promised to a web server is promised
    /// anew to its successor: it has hardly a use for it any more.
    func dismiss(_ child: Child) {
        workers.removeAll { $0.number == child.number }
        if child.isStopping { servers[child.number] = nil }
    }

    /// The child is gone, and everything that it has said was heard.
    ///
    /// - Returns: How many mails it had in hand: given to the next, or in the talk's way lost.
    func lose(_ child: Child) -> Int {
        workers.removeAll { $0.number == child.number }
        servers[child.number] = nil
        return child.forwarded + inFlight.giveBack(of: child.number)
    }

    // MARK: What they say

    func take(_ mail: MailLine, from server: Child) {
        server.promised.mails -= 1
        server.promised.bytes -= mail.bytes.readableBytes
        meters.delivery.accepted.increment()
        guard settings.semantics == .safe else { return forward(mail) }
        guard let spool else { return inFlight.take(OwnedMail(mail.alone, since: .now())) }
        unkept.mails += 1
        unkept.bytes += mail.bytes.readableBytes
        spool.keep(Spool.PendingWrite(server: server.number, mail: mail.alone, since: .now()), then: kept)
    }

    /// Mails of a master before this one.
    func resume(_ mails: [MailLine]) {
        for mail in mails { inFlight.take(OwnedMail(mail.alone, since: .now())) }
    }

    private lazy var kept: Spool.Kept = {
        let bound = NIOLoopBound(self, eventLoop: loop)
        return { [loop] writes, failure in loop.execute { bound.value.kept(writes, failure) } }
    }()

    /// The spool has these mails, or they are nobody's.
    private func kept(_ writes: [Spool.PendingWrite], _ failure: String?) {
        for (number, writes) in Dictionary(grouping: writes, by: \.server) {
            guard let failure else {
                servers[number]?.post(.taken(writes.count))
                continue
            }
            servers[number]?.post(.refused(writes.count, failure))
        }
        for write in writes {
            unkept.mails -= 1
            unkept.bytes -= write.mail.bytes.readableBytes
            if failure == nil { inFlight.take(OwnedMail(write.mail, since: write.since)) }
        }
        settle()
    }

    func sent(_ id: EmailID, by worker: Child) {
        worker.forwarded -= settings.semantics == .original ? 1 : 0
        guard let mail = inFlight.settle(id, by: worker.number) else { return }
        meters.record(.sent(reply: ""), of: mail)
        spool?.settle(id)
    }

    func failed(_ id: EmailID, _ outcome: SendOutcome, by worker: Child) {
        guard let mail = inFlight.rest(id, by: worker.number) else { return }
        meters.record(outcome, of: mail)
        guard let delay = settings.retry.delay(after: outcome, attempts: mail.failures, using: &generator) else {
            inFlight.drop(id)
            return bury(mail, outcome)
        }
        inFlight.restUntil(.now() + TimeAmount(delay), id)
        let wait = delay.milliseconds
        logger.info(
            "failed sending an email, trying again in \(wait) ms",
            metadata: ["id": "\(id)", "attempt": "\(mail.failures + 1) of \(settings.retry.attempts)"])
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: TimeAmount(delay)) {
            bound.value.inFlight.wake(id)
            bound.value.settle()
        }
    }

    private func bury(_ mail: OwnedMail, _ outcome: SendOutcome) {
        meters.buried.increment()
        logger.error(
            "gave up on an email: \(outcome.failure?.description ?? outcome.name)",
            metadata: ["id": "\(mail.id)", "attempts": "\(mail.failures)"])
        guard let deadLetters else { return spool?.settle(mail.id) ?? () }
        deadLetters.bury(mail.line, outcome) { [spool] in spool?.settle(mail.id) }
    }

    /// The master ends: what it still owns stays in the spool, else goes to the dead letters.
    func abandon() {
        let mails = inFlight.all
        guard !mails.isEmpty else { return }
        guard spool == nil else { return logger.notice("\(mails.count) emails stay in the spool for the next master") }
        let place = deadLetters == nil ? "are lost: they would have stayed in a --spool" : "go to the dead letters"
        logger.error("\(mails.count) emails were not sent in time and \(place)")
        let failure = SMTPFailure(.queue, "the master was stopped before the mail was sent")
        for mail in mails { deadLetters?.bury(mail.line, .temporary(failure)) }
    }

    // MARK: Handing out

    /// Gives mails to workers that have a hand free, and room to web servers. To be called when something has changed.
    func settle() {
        handOut()
        for server in servers.values { promise(server) }
    }

    private func handOut() {
        while inFlight.waitingCount > 0, let worker = freest, isOurTurn() {
            guard let mail = inFlight.hand(to: worker.number) else { return }
            worker.post(.mail(mail.line))
        }
    }

    private var freest: Child? {
        let worker = workers.min { inFlight.inHand(of: $0.number) < inFlight.inHand(of: $1.number) }
        return worker.flatMap { inFlight.inHand(of: $0.number) < settings.concurrency ? $0 : nil }
    }

    private func isOurTurn() -> Bool {
        guard settings.gap > .zero else { return true }
        let now = NIODeadline.now()
        guard now < nextTurn else {
            nextTurn = now + TimeAmount(settings.gap)
            return true
        }
        guard !isWaitingForTurn else { return false }
        isWaitingForTurn = true
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(deadline: nextTurn) {
            bound.value.isWaitingForTurn = false
            bound.value.settle()
        }
        return false
    }

    /// Tells a web server how much more may come, so that mails owned and mails promised never exceed the backlog.
    private func promise(_ server: Child) {
        let ahead = MasterSettings.ahead
        guard server.promised.mails <= ahead.mails / 2 || server.promised.bytes <= ahead.bytes / 2 else { return }
        var free = Credit(
            mails: settings.backlog - inFlight.count - unkept.mails - workers.reduce(0) { $0 + $1.forwarded },
            bytes: MasterSettings.backlogBytes - inFlight.bytes - unkept.bytes)
        for server in servers.values {
            free.mails -= server.promised.mails
            free.bytes -= server.promised.bytes
        }
        let more = Credit(
            mails: max(0, min(free.mails, ahead.mails - server.promised.mails)),
            bytes: max(0, min(free.bytes, ahead.bytes - server.promised.bytes)))
        guard more.mails > 0 || more.bytes > 0 else { return }
        server.promised.mails += more.mails
        server.promised.bytes += more.bytes
        server.post(.credit(more))
    }

    func record() { meters.record(inFlight, unkept: unkept.mails) }

    // MARK: As the talk does

    /// `children.worker.send(message)`, and forgotten.
    private func forward(_ mail: MailLine) {
        logger.info("got an email to send from the webserver: \(String(buffer: mail.bytes))")
        guard let worker = workers.first else {
            return logger.error("there is no email worker: the email is lost", metadata: ["id": "\(mail.id)"])
        }
        worker.forwarded += 1
        worker.post(.mail(mail))
    }
}
