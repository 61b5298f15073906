import Synchronization

extension Stage {
    /// Does what the action says. Returns when it is done; a fault then goes on until it is healed.
    ///
    /// - Throws: ``StageError`` where it cannot be done, `BenchmarkError` where a process is gone.
    public func act(_ action: StageAction) async throws {
        switch action {
        case .send(let count, let choice):
            for lane in try await openLanes(choice) {
                lane.send(count)
                publishSending(count, lane)
            }
        case .rate(let rate, let choice, let seconds):
            for lane in try await openLanes(choice) {
                lane.setRate(rate, for: seconds)
                publishRate(lane)
            }
        case .strike(let hand, let choice): try await strike(hand, choice)
        case .calm:
            stopRates()
            try await heal()
        case .heal: try await heal()
        case .wait(let seconds): try await Task.sleep(for: .seconds(seconds))
        case .focus(let names):
            let numbers = try names.map { name throws(StageError) in try lane(name).number }
            state.withLock { state in
                state.focus = numbers
                publishFocus(numbers)
            }
        case .next: go { $0 + 1 }
        case .back: go { $0 - 1 }
        case .go(let address):
            guard let place = settings.script.steps.firstIndex(where: { $0.address == address }) else {
                throw StageError("there is no step #\(address)")
            }
            go { _ in place }
        case .compare: try compare()
        }
    }

    func stopRates() {
        for lane in lanes where lane.update({ $0.rate > 0 }) {
            lane.setRate(0)
            publishRate(lane)
        }
    }
}
