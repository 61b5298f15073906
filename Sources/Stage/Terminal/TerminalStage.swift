import BgdemoBenchmarking
import NIOPosix
import Synchronization

/// The stage in a terminal: the lanes as text, worked by the keys of the page.
public struct TerminalStage: Sendable {
    private let stage: Stage

    public init(_ stage: Stage) {
        self.stage = stage
    }

    /// Shows the lanes and does what the keys say, until the task is cancelled.
    ///
    /// - Throws: ``StageError`` where there is no terminal.
    public func run() async throws {
        let screen = try TerminalScreen()
        defer { screen.close() }
        let forAll = Mutex(false)
        let notice = Mutex("")
        let began = ContinuousClock.now
        while !Task.isCancelled {
            screen.show(page(forAll.withLock { $0 }, notice.withLock { $0 }, .now - began).text)
            guard let pressed = try await NIOThreadPool.singleton.runIfActive({ screen.key() }) else { continue }
            switch key(pressed, forAll.withLock { $0 }) {
            case .toggleAll: forAll.withLock { $0.toggle() }
            case .action(let action):
                do {
                    try await stage.act(action)
                    notice.withLock { $0 = "" }
                } catch {
                    notice.withLock { $0 = "\(error)" }
                }
            case nil: break
            }
        }
    }

    private func key(_ pressed: Character, _ forAll: Bool) -> StageKey? {
        let focused = stage.lanes[stage.state.withLock { $0.focus[0] }]
        let (rate, processes) = focused.update { ($0.rate, $0.processes) }
        return StageKey(
            pressed, lanes: stage.lanes.map(\.plan.name), focus: focused.plan.name, rate: rate, forAll: forAll,
            isStopped: (processes[.worker]?.state == .stopped, processes[.webServer]?.state == .stopped))
    }

    func page(_ forAll: Bool, _ notice: String, _ time: Duration) -> TerminalPage {
        let (focus, place, faults) = stage.state.withLock { ($0.focus, $0.step, $0.faults) }
        let step = stage.settings.script.steps.indices.contains(place) ? stage.settings.script.steps[place] : nil
        let seconds = Int(time.components.seconds)
        let now = stage.now
        return TerminalPage(
            address: step?.address ?? "", title: step?.title ?? "bgdemo stage",
            reasons: (step?.better ?? []).map { "✓ \($0)" } + (step?.still ?? []).map { "✗ \($0)" },
            clock: "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)",
            rows: stage.lanes.map { lane in
                lane.update { state in
                    let times = state.answers.percentiles(at: now)
                    return TerminalPage.Row(
                        name: lane.plan.name,
                        processes: lane.plan.subject.roles.compactMap { role in
                            state.processes[role].map { (role.rawValue, $0.pid, $0.state) }
                        },
                        score: state.ledger.score, p50: times?.p50, p99: times?.p99, rate: state.rate,
                        isFocused: focus.contains(lane.number))
                }
            },
            forAll: forAll,
            faults: faults.sorted { $0.key < $1.key }.map { "▲ \($0.value.hand.title)" }
                + (notice.isEmpty ? [] : [notice]))
    }
}
