import BgdemoBenchmarking
import BgdemoFoundations
import Synchronization

/// What is judged and counted twice a second.
extension Stage {
    /// More mails a second are not shown one by one: a sample is.
    private static let maxShown = 300.0

    /// Decides which mails are lost, and ends the faults whose processes run again.
    func judge() {
        let shared = state.withLock { $0.faults.filter { $0.value.lane < 0 } }
        for (number, fault) in state.withLock(\.faults) where fault.lane >= 0 {
            let lane = lanes[fault.lane]
            let isStop = fault.hand == .stopWorker || fault.hand == .stopServer
            let isGone = lane.update { state in fault.hand.role.map { state.processes[$0]?.pid != fault.pid } ?? true }
            if isGone, isStop || lane.allAreUp { end(number) }
        }
        for lane in lanes
        where lane.update({ state in
            defer { state.rateHasEnded = false }
            return state.rateHasEnded
        }) { publishRate(lane) }
        let busy = Set(state.withLock { $0.faults.values.map(\.lane) })
        for lane in lanes {
            let isBroken =
                busy.contains(lane.number) || !lane.allAreUp
                || shared.values.contains { !$0.hand.isOfRedis || lane.plan.subject.needsRedis }
            let now = now
            lane.update { state in
                state.calmSince = isBroken ? nil : state.calmSince ?? now
                for mail in state.ledger.judge(at: now, calmSince: state.calmSince) {
                    state.note(mail, .lost)
                    state.didLose(mail, at: now)
                }
            }
            publishWatches(lane)
        }
    }

    /// How long each fault's mails are waited for.
    private func publishWatches(_ lane: Lane) {
        let now = now
        let watches = lane.update { $0.takeWatches() }
        for watch in watches {
            journal.publish(.watch(watch.fault, lane.number), at: now) { json in
                json.name("watch")
                json.object {
                    $0.member("fault", watch.fault)
                    $0.member("lane", lane.number)
                    $0.member("victims", watch.victims)
                    $0.member("waiting", watch.waiting.count)
                    $0.member("lost", watch.lost)
                    $0.member("refused", watch.refused)
                    $0.member("ms", Int(((watch.backAt ?? now) - watch.began) / 1_000_000))
                    if let recoveredAt = watch.recoveredAt {
                        $0.member("recovered", Int((recoveredAt - watch.began) / 1_000_000))
                    }
                }
            }
        }
    }

    func publishScores() {
        let now = now
        let rows = lanes.map { lane in
            lane.update { state in
                (
                    score: state.ledger.score, ratio: state.ratio, answers: state.answers.percentiles(at: now),
                    toInbox: state.toInbox.percentiles(at: now)
                )
            }
        }
        let asked = rows.reduce(0) { $0 + $1.score.asked }
        let ratio = sampling(asked, at: now)
        for lane in lanes { lane.update { $0.ratio = ratio } }
        journal.publishScores(at: now) { json in
            json.name("scores")
            json.array { json in
                for row in rows {
                    json.object { json in
                        let score = row.score
                        for (name, value) in [
                            ("asked", score.asked), ("answered", score.answered), ("refused", score.refused),
                            ("delivered", score.delivered), ("twice", score.twice), ("notYet", score.notYet),
                            ("lost", score.lost), ("ratio", row.ratio),
                        ] { json.member(name, value) }
                        for (name, times) in [("a", row.answers), ("i", row.toInbox)] {
                            guard let times else { continue }
                            json.name(name)
                            json.raw("[\(Self.text(times.p50)),\(Self.text(times.p99))]")
                        }
                    }
                }
            }
            json.name("own")
            json.raw("[\(Self.text(ownShare(at: now))),\(journal.watchers)]")
        }
    }

    /// Microseconds suffice.
    private static func text(_ milliseconds: Double) -> String {
        milliseconds.isFinite ? "\((milliseconds * 1000).rounded() / 1000)" : "0"
    }

    /// Every so many mails one is shown.
    private func sampling(_ asked: Int, at now: Int64) -> Int {
        let rate = meter.withLock { $0.rate(asked, at: now) }
        return max(1, Int((rate / Self.maxShown).rounded(.up)))
    }

    /// Percent of one core that this process takes.
    private func ownShare(at now: Int64) -> Double { meter.withLock { $0.share(at: now) } }
}
