import BgdemoEmail

/// One subject after the other under the same rules, and what is shown of it meanwhile.
public struct BenchmarkSuite: Sendable {
    /// For those who watch.
    public enum Update: Sendable {
        /// The place in the order, from 1.
        case began(BenchmarkSubject, place: Int, of: Int)
        case goes(BenchmarkSubject, LoadProgress)
        case ended(StrategyResult)
    }

    public var benchmark: Benchmark
    public var subjects: [BenchmarkSubject]
    /// The rates that each is tried at, beside the load of the benchmark.
    public var sweep: [Double] = []

    public init(_ benchmark: Benchmark, _ subjects: [BenchmarkSubject]) {
        (self.benchmark, self.subjects) = (benchmark, subjects)
    }

    /// Measures all of them. Who can't be measured has a ``StrategyResult/problem``; after a stop, what there is so far
    /// is returned.
    public func results(_ tell: @escaping @Sendable (Update) -> Void) async -> [StrategyResult] {
        var results: [StrategyResult] = []
        for (place, subject) in subjects.enumerated() where !benchmark.stop.isSet {
            tell(.began(subject, place: place + 1, of: subjects.count))
            var benchmark = benchmark
            benchmark.progress = { tell(.goes(subject, $0)) }
            let result = await result(of: subject, in: benchmark)
            // Who had not begun when it was stopped has nothing to show.
            if benchmark.stop.isSet, result.fate.asked == 0 { break }
            results.append(result)
            tell(.ended(result))
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
