/// The Mann–Whitney rank test, two-sided and exact, with midranks for ties.
enum RankTest {
    /// The probability of ranks at least as different as these if both samples are of one distribution.
    ///
    /// - Returns: 0 to 1; 1 if a sample is empty. Five values against five that are all greater give 0.008.
    static func pValue(_ first: [Double], _ second: [Double]) -> Double {
        guard !first.isEmpty, !second.isEmpty else { return 1 }
        let ranks = doubledRanks(first + second)
        let observed = ranks.prefix(first.count).reduce(0, +)
        let sums = subsetSums(ranks, size: first.count)
        let total = sums.reduce(0, +)
        let below = sums.prefix(observed + 1).reduce(0, +) / total
        let above = sums.dropFirst(observed).reduce(0, +) / total
        return min(1, 2 * min(below, above))
    }

    /// Twice the rank of each value, which is a whole number for ties too.
    private static func doubledRanks(_ values: [Double]) -> [Int] {
        values.map { value in
            values.count { $0 < value } + values.count { $0 <= value } + 1
        }
    }

    /// By their sum: the number of subsets of this size.
    private static func subsetSums(_ ranks: [Int], size: Int) -> [Double] {
        let most = ranks.reduce(0, +)
        var counts = Array(repeating: Array(repeating: 0.0, count: most + 1), count: size + 1)
        counts[0][0] = 1
        for rank in ranks {
            for chosen in stride(from: size, to: 0, by: -1) {
                for sum in stride(from: most, through: rank, by: -1) {
                    counts[chosen][sum] += counts[chosen - 1][sum - rank]
                }
            }
        }
        return counts[size]
    }
}
