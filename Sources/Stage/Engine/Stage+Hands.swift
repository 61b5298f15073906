import BgdemoBenchmarking
import BgdemoSMTPInbox
import Subprocess
import Synchronization

/// What is done to processes, mail server and Redis, and which faults are on.
extension Stage {
    func strike(_ hand: Hand, _ choice: LaneChoice) async throws {
        if let role = hand.role {
            let chosen = try await openLanes(choice)
            let struck = chosen.filter { hand.applies(to: $0.plan.subject) }
            guard !struck.isEmpty else {
                throw StageError("\(chosen.map(\.plan.name).joined(separator: ", ")) has no \(role.rawValue)")
            }
            // Where one lane's is down already, it is for the others all the same.
            var failures: [any Error] = []
            for lane in struck {
                do { try await strike(hand, role, lane) } catch { failures.append(error) }
            }
            if failures.count == struck.count, let first = failures.first { throw first }
        } else if hand.isOfRedis {
            try await redisHands.run { try await self.strikeRedis(hand) }
        } else {
            try await mailServerHands.run { try await self.strikeMailServer(hand) }
        }
    }

    private func strike(_ hand: Hand, _ role: ProcessRole, _ lane: Lane) async throws {
        let signal: Signal =
            switch hand {
            case .stopWorker, .stopServer: .suspend
            case .continueWorker, .continueServer: .resume
            default: .kill
            }
        guard let pid = lane.update({ $0.reachable(role) }) else {
            throw StageError("\(lane.plan.name): the \(role.rawValue) is down already")
        }
        if signal == .resume { endAll { $0.lane == lane.number && $0.hand.role == role } }
        let fault = begin(hand, lane.number, pid: pid)
        do {
            try await lane.signal(signal, to: role, pid, fault: fault)
        } catch {
            end(fault)
            throw error
        }
        if signal == .resume { end(fault) }
    }

    private func strikeMailServer(_ hand: Hand) async throws {
        // The faults of a mail server exclude each other.
        if state.withLock(\.mailServer) == .smtpDown { try await ground.mailServer.reopen() }
        endAll { $0.lane < 0 && !$0.hand.isOfRedis }
        state.withLock { $0.mailServer = hand }
        let fault = begin(hand, -1)
        if hand != .smtpUp { watchAll(fault) { _ in true } }
        let delay = settings.smtpDelay
        switch hand {
        case .smtpDown: await ground.mailServer.close()
        case .smtpSlow: try ground.mailServer.change(delay: .fixed(delay.mean * 4 + .seconds(1)), faults: [])
        case .smtpMoody:
            try ground.mailServer.change(
                delay: delay, faults: [InboxFault(.dot, .reply(451), probability: 0.3)])
        case .smtpBusy:
            try ground.mailServer.change(delay: delay, faults: [InboxFault(.mail, .reply(421))])
        default:
            try ground.mailServer.change(delay: delay, faults: [])
            end(fault)
        }
        publishMailServer()
    }

    private func strikeRedis(_ hand: Hand) async throws {
        guard !ground.redises.isEmpty else { throw StageError("no lane needs a Redis") }
        let isSilent = state.withLock { $0.faults.values.contains { $0.hand == .redisSilent } }
        if isSilent {
            for redis in ground.redises { try redis.signal(.resume) }
            endAll { $0.hand == .redisSilent }
        }
        guard hand != .redisBack else { return }
        let fault = begin(hand, -1)
        watchAll(fault) { $0.plan.subject.needsRedis }
        switch hand {
        case .redisKilled:
            for redis in ground.redises { try redis.signal(.kill) }
            try await Task.sleep(for: .seconds(1))
            for redis in ground.redises { try await redis.restart() }
            end(fault)
        case .redisCut:
            var cut: Set<Int> = []
            for lane in lanes where lane.redis.map({ cut.insert($0.port).inserted }) ?? false {
                try await lane.cutRedisConnections()
            }
            end(fault)
        default:
            for redis in ground.redises { try redis.signal(.suspend) }
            // Longer than this, nobody waits on a stage.
            tasks.add { [weak self] in
                try? await Task.sleep(for: .seconds(5))
                guard let self, state.withLock({ $0.faults[fault] != nil }) else { return }
                try? await act(.strike(.redisBack, .all))
            }
        }
    }

    func heal() async throws {
        for lane in lanes {
            for (role, process) in lane.update({ $0.processes }) where process.state == .stopped {
                try? await strike(role == .worker ? .continueWorker : .continueServer, role, lane)
            }
        }
        // After what was begun before, such as a mail server that is just going down.
        try await redisHands.run { [self] in
            if state.withLock({ $0.faults.values.contains { $0.hand == .redisSilent } }) {
                try await strikeRedis(.redisBack)
            }
        }
        try await mailServerHands.run { [self] in
            if state.withLock({ $0.mailServer != .smtpUp }) { try await strikeMailServer(.smtpUp) }
        }
    }

    private func watchAll(_ fault: Int, _ applies: (Lane) -> Bool) {
        for lane in lanes where applies(lane) {
            lane.update { $0.watch($0.ledger.missing(since: $0.recoveredAt), of: fault, at: now) }
        }
    }

    // MARK: Faults that are on

    private func begin(_ hand: Hand, _ lane: Int, pid: Int32? = nil) -> Int {
        let fault = ActiveFault(hand: hand, lane: lane, began: now, pid: pid)
        confirm(hand.title, in: lane < 0 ? nil : lane)
        let number = state.withLock { state in
            defer { state.nextFault += 1 }
            state.faults[state.nextFault] = fault
            return state.nextFault
        }
        publishFault(number, fault, isOn: true)
        return number
    }

    func end(_ number: Int) {
        guard let fault = state.withLock({ $0.faults.removeValue(forKey: number) }) else { return }
        publishFault(number, fault, isOn: false)
    }

    /// Keeps what was done, for the terminal. The page has it from the events.
    func confirm(_ text: String, in lane: Int? = nil) {
        let name = lane.map { "\(lanes[$0].plan.name): " } ?? ""
        state.withLock { state in
            if state.confirmations.count == 4 { state.confirmations.removeFirst() }
            state.confirmations.append(("\(name)\(text)", now))
        }
    }

    private func endAll(_ isMeant: (ActiveFault) -> Bool) {
        for number in state.withLock({ $0.faults.filter { isMeant($0.value) }.map(\.key) }) { end(number) }
    }
}
