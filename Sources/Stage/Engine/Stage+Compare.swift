import BgdemoBenchmarking
import BgdemoCore
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Stage {
    /// Measures the lanes by `bgdemo compare`, while nothing is asked of them here, and keeps its report.
    ///
    /// - Throws: ``StageError`` where it runs already.
    func compare() throws(StageError) {
        let mayBegin = state.withLock { state in
            defer { state.isComparing = true }
            return !state.isComparing
        }
        guard mayBegin else { throw StageError("compare runs already") }
        tasks.add { [self] in
            await runCompare()
            state.withLock { $0.isComparing = false }
        }
    }

    private func runCompare() async {
        // A step's load would be measured as well.
        state.withLock { $0.stepTask.take() }?.cancel()
        do { try await act(.calm) } catch { publishNotice("\(error)") }
        let file = "\(ground.workspace.folder)/compare.html"
        // The last one's report is not this one's.
        try? FileManager.default.removeItem(atPath: file)
        publishReport("compare begins", path: nil)
        let names = lanes.map(\.plan.subject.name)
        var command = RunningProcess.Command(
            name: "compare", executable: settings.program,
            arguments: [
                "compare", "--quick", "--seed", "\(settings.seed)", "--strategies",
                names.enumerated().filter { names.firstIndex(of: $0.element) == $0.offset }.map(\.element)
                    .joined(separator: ","),
                "--semantics", semantics, "--report", file,
            ]
        ) { _ in true }
        command.didPrint = { [weak self] line in
            if line.utf8.first == UInt8(ascii: "[") { self?.publishReport(line, path: nil) }
        }
        do {
            let process = try await ground.workspace.start(command)
            await process.ended()
            guard let html = try? String(contentsOfFile: file, encoding: .utf8) else {
                return publishReport("compare ended without a report", path: nil)
            }
            state.withLock { $0.report = html }
            publishReport("compare is done", path: "/compare")
        } catch {
            publishReport("compare failed: \(error)", path: nil)
        }
    }

    /// Those of the lanes.
    private var semantics: String {
        let all = Set(lanes.map { $0.plan.subject.semantics ?? Semantics.safe.rawValue })
        return all.count == 1 ? all.first ?? Semantics.safe.rawValue : "both"
    }

    /// The page of the last `compare`; nil before the first.
    var report: String? { state.withLock(\.report) }
}
