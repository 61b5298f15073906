import BgdemoBenchmarking
import BgdemoFoundations
import BgdemoSystemCompat
import NIOPosix
import Synchronization

/// The stage in a terminal: the lanes as text, worked by the keys of the page.
public struct TerminalStage: Sendable {
    /// What the keys have left to be shown.
    private final class KeyState: Sendable {
        /// Whether the hands are for all lanes.
        let forAll = Mutex(false)
        let notice = Mutex("")
    }

    /// Where `o` exports to, in the folder of the command.
    private static let exportPath = "stage.html"

    private let stage: Stage
    private let url: String

    /// - Parameter url: Where the same is shown in a browser.
    public init(_ stage: Stage, url: String) {
        (self.stage, self.url) = (stage, url)
    }

    /// Shows the lanes and does what the keys say, until the task is cancelled.
    ///
    /// - Throws: ``StageError`` where there is no terminal.
    public func run() async throws {
        let screen = try TerminalScreen()
        defer { screen.close() }
        let state = KeyState()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    screen.show(page(state.forAll.withLock { $0 }, state.notice.withLock { $0 }).text)
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            // A hand may take its time: what it does is seen meanwhile.
            group.addTask {
                while !Task.isCancelled {
                    let pressed = try await NIOThreadPool.singleton.runIfActive { screen.key() }
                    guard let pressed, let key = key(pressed, state.forAll.withLock { $0 }) else { continue }
                    await press(key, state)
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func press(_ key: StageKey, _ state: KeyState) async {
        var notice = ""
        do {
            switch key {
            case .toggleAll: state.forAll.withLock { $0.toggle() }
            case .action(let action): try await stage.act(action)
            case .export:
                try export()
                notice = "\(Self.exportPath) is written"
            }
        } catch {
            notice = "\(error)"
        }
        state.notice.withLock { $0 = notice }
    }

    private func export() throws {
        let page = try StageExport.page(ofRecord: stage.recordPath)
        do {
            let file = try FileDescriptor.open(
                FilePath(Self.exportPath), .writeOnly, options: [.create, .exclusiveCreate],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            _ = try file.closeAfter { try file.writeAll(page.utf8) }
        } catch {
            throw StageError("\(Self.exportPath) cannot be written: \(error)")
        }
    }

    private func key(_ pressed: Character, _ forAll: Bool) -> StageKey? {
        let focused = stage.lanes[stage.state.withLock { $0.focus[0] }]
        let (rate, processes) = focused.update { ($0.rate, $0.processes) }
        return StageKey(
            pressed, lanes: stage.lanes.map(\.plan.name), focus: focused.plan.name, rate: rate, forAll: forAll,
            isStopped: (processes[.worker]?.state == .stopped, processes[.webServer]?.state == .stopped))
    }

    func page(_ forAll: Bool, _ notice: String) -> TerminalPage {
        let (focus, place) = stage.state.withLock { ($0.focus, $0.step) }
        let step = stage.settings.script.steps.indices.contains(place) ? stage.settings.script.steps[place] : nil
        let now = stage.now
        return TerminalPage(
            address: step?.address ?? "", url: url, title: step?.title ?? "bgdemo stage",
            reasons: (step?.better ?? []).map { "✓ \($0)" } + (step?.still ?? []).map { "✗ \($0)" },
            clock: clock(now),
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
            forAll: forAll, events: events(focus, at: now) + (notice.isEmpty ? [] : [notice]))
    }

    /// Faults that are on, what became of their mails, and what was done last.
    private func events(_ focus: [Int], at now: Int64) -> [String] {
        let (faults, done) = stage.state.withLock { ($0.faults, $0.confirmations) }
        let watches = focus.compactMap { number in
            let lane = stage.lanes[number]
            let text = lane.update { $0.watches.last ?? $0.lastWatch }?.text(at: now) ?? ""
            return text.isEmpty ? nil : "◷ \(lane.plan.name): \(text)"
        }
        let lines = [
            faults.sorted { $0.key < $1.key }.map { "▲ \($0.value.hand.title) \(clock($0.value.began))" },
            done.reversed().map { "• \($0.text) \(clock($0.at))" },
        ]
        return watches + lines.map { $0.joined(separator: "  ") }.filter { !$0.isEmpty }
    }

    /// `1:05` since the beginning.
    private func clock(_ time: Int64) -> String {
        let seconds = stage.journal.time(at: time) / 1_000
        return "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
    }
}
