import BgdemoEmail

/// Measures one subject after the other under the same conditions.
public struct BenchmarkSuite: Sendable {
    /// Reported while it runs.
    public enum Update: Sendable {
        /// `place` counts from 1.
        case began(BenchmarkSubject, place: Int, of: Int)
        case goes(BenchmarkSubject, LoadProgress)
        case ended(StrategyResult)
    }

    public var benchmark: Benchmark
    public var subjects: [BenchmarkSubject]
    /// How often each subject is measured. The subjects take turns, so that a change of the machine's load affects all.
    /// Default: 1.
    public var runs = 1
    /// The rates of the sweep that follows each run. Default: none.
    public var sweep: [Double] = []

    public init(_ benchmark: Benchmark, _ subjects: [BenchmarkSubject]) {
        (self.benchmark, self.subjects) = (benchmark, subjects)
    }

    /// Measures all subjects. One that cannot be measured has a ``StrategyResult/problem``. When stopped, returns the
    /// results so far.
    public func results(_ report: @escaping @Sendable (Update) -> Void) async -> [StrategyResult] {
        var results: [[StrategyResult]] = subjects.map { _ in [] }
        let turns = (0..<max(1, runs)).flatMap { run in subjects.indices.map { (run, $0) } }
        for (place, (run, index)) in turns.enumerated() where !benchmark.stop.isSet {
            let subject = subjects[index]
            report(.began(subject, place: place + 1, of: turns.count))
            var benchmark = benchmark
            if run > 0 { benchmark.load.part = "\(benchmark.load.part) \(run + 1)" }
            benchmark.progress = { report(.goes(subject, $0)) }
            let result = await result(of: subject, in: benchmark, sweep: run == 0 ? sweep : [])
            // A subject that was stopped before its first request has no result.
            if benchmark.stop.isSet, result.fate.asked == 0 { break }
            results[index].append(result)
            report(.ended(result))
        }
        return results.filter { !$0.isEmpty }.map { StrategyResult(runs: $0) }
    }

    private func result(of subject: BenchmarkSubject, in benchmark: Benchmark, sweep: [Double]) async -> StrategyResult
    {
        var result = StrategyResult(name: subject.name, semantics: subject.semantics)
        do {
            result = StrategyResult(subject, try await benchmark.run(subject))
            result.sweep = try await benchmark.sweep(subject, rates: sweep)
        } catch {
            result.problem = "\(error)"
        }
        return result
    }
}
