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
    /// The rates of the sweep that follows each run. Default: none.
    public var sweep: [Double] = []

    public init(_ benchmark: Benchmark, _ subjects: [BenchmarkSubject]) {
        (self.benchmark, self.subjects) = (benchmark, subjects)
    }

    /// Measures all subjects. One that cannot be measured has a ``StrategyResult/problem``. When stopped, returns the
    /// results so far.
    public func results(_ report: @escaping @Sendable (Update) -> Void) async -> [StrategyResult] {
        var results: [StrategyResult] = []
        for (place, subject) in subjects.enumerated() where !benchmark.stop.isSet {
            report(.began(subject, place: place + 1, of: subjects.count))
            var benchmark = benchmark
            benchmark.progress = { report(.goes(subject, $0)) }
            let result = await result(of: subject, in: benchmark)
            // A subject that was stopped before its first request has no result.
            if benchmark.stop.isSet, result.fate.asked == 0 { break }
            results.append(result)
            report(.ended(result))
        }
        return results
    }

    private func result(of subject: BenchmarkSubject, in benchmark: Benchmark) async -> StrategyResult {
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
