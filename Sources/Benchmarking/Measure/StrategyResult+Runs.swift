import BgdemoFoundations

extension StrategyResult {
    /// The result of several runs of one subject: that of the run with the median response, with ``samples`` of all.
    ///
    /// - Parameter runs: At least one.
    init(runs: [StrategyResult]) {
        let order = runs.indices.sorted { runs[$0].response.p50 < runs[$1].response.p50 }
        self = runs[order[(runs.count - 1) / 2]]
        guard runs.count > 1 else { return }
        // The sweep is made once.
        sweep = runs.first { !$0.sweep.isEmpty }?.sweep ?? []
        samples = Dictionary(
            uniqueKeysWithValues: ReportMetric.all.map { metric in
                (metric.name, runs.compactMap(metric.value).filter(\.isFinite))
            }.filter { !$0.1.isEmpty })
        let problems = runs.enumerated().compactMap { number, run in
            run.failure.map { "run \(number + 1): \($0)" }
        }
        problem = problems.isEmpty ? nil : problems.joined(separator: "; ")
    }

    /// Why a run was not perfect; nil if each accepted mail arrived once.
    private var failure: String? {
        if let problem { return problem }
        if fate.lost > 0 { return "\(fate.lost.counted("mail")) lost" }
        return fate.duplicated > 0
            ? "\(fate.duplicated.counted("mail")) sent twice" : nil
    }
}

extension [Double] {
    /// The lower of the two middle values of an even number; nil if there is none.
    var median: Double? { isEmpty ? nil : sorted()[(count - 1) / 2] }
}
