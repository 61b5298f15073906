import Mail

/// One contender after the other under the same rules, and what is shown of it meanwhile.
public struct Comparing: Sendable {
    /// For those who watch.
    public enum News: Sendable {
        /// The place in the order, from 1.
        case began(Contender, place: Int, of: Int)
        case goes(Contender, Progress)
        case ended(StrategyResult)
    }

    public var contest: Contest
    public var contenders: [Contender]
    /// The rates that each is tried at, beside the load of the contest.
    public var sweep: [Double] = []

    public init(_ contest: Contest, _ contenders: [Contender]) {
        (self.contest, self.contenders) = (contest, contenders)
    }

    /// Measures all of them. Who can't be measured has a ``StrategyResult/problem``; after a stop, what there is so far
    /// is returned.
    public func results(_ tell: @escaping @Sendable (News) -> Void) async -> [StrategyResult] {
        var results: [StrategyResult] = []
        for (place, contender) in contenders.enumerated() where !contest.stop.isSet {
            tell(.began(contender, place: place + 1, of: contenders.count))
            var contest = contest
            contest.progress = { tell(.goes(contender, $0)) }
            let result = await result(of: contender, in: contest)
            // Who had not begun when it was stopped has nothing to show.
            if contest.stop.isSet, result.fate.asked == 0 { break }
            results.append(result)
            tell(.ended(result))
        }
        return results
    }

    private func result(of contender: Contender, in contest: Contest) async -> StrategyResult {
        var result = StrategyResult(name: contender.name, semantics: contender.semantics)
        do {
            result = StrategyResult(contender, try await contest.run(contender))
            result.sweep = try await contest.sweep(contender, rates: sweep)
        } catch {
            result.problem = "\(error)"
        }
        return result
    }
}
