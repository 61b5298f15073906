import BgdemoPrivateRedis

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Distributions as files of HdrHistogram (`.hgrm`), which its plotters read: <https://hdrhistogram.github.io/HdrHistogram/plotFiles.html>.
/// Values are milliseconds.
public enum HistogramFiles {
    /// Writes `<strategy>-response.hgrm` and `<strategy>-inbox.hgrm` of each strategy that has them.
    ///
    /// - Returns: The paths.
    /// - Throws: An error that says which file cannot be written, and why.
    @discardableResult
    public static func write(_ comparison: Comparison, to folder: String) throws -> [String] {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw OutputFile.WriteError(description: "\(folder) can't be made: \(error.fileReason)")
        }
        var paths: [String] = []
        for result in comparison.strategies {
            for (name, latency) in [("response", result.response), ("inbox", result.toInbox)] where latency.count > 0 {
                let path = "\(folder)/\(Self.name(of: result))-\(name).hgrm"
                try OutputFile.write(text(latency), to: path)
                paths.append(path)
            }
        }
        return paths
    }

    /// `resque`, `resque-talk`, `http-127.0.0.1-3000`
    private static func name(of result: StrategyResult) -> String {
        let name = result.semantics == "talk" ? "\(result.name)-talk" : result.name
        let parts = name.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-")) }
        return parts.joined(separator: "-")
    }

    /// The percentile distribution: value, share, count at or below it, and 1/(1 − share).
    static func text(_ latency: Latency) -> String {
        let rows = latency.curve.map { point in
            let share = point.percentile / 100
            let count = Int((share * Double(latency.count)).rounded(.up))
            return columns(
                decimal(point.milliseconds, 3), decimal(share, 12), "\(max(1, count))",
                share < 1 ? decimal(1 / (1 - share), 2) : "inf")
        }
        let end = """
            #[Mean    = \(column(decimal(latency.mean, 3), 12)), Min            = \(column(decimal(latency.min, 3), 12))]
            #[Max     = \(column(decimal(latency.max, 3), 12)), Total count    = \(column("\(latency.count)", 12))]

            """
        return columns("Value", "Percentile", "TotalCount", "1/(1-Percentile)") + "\n\n" + rows.joined(separator: "\n")
            + "\n"
            + end
    }

    private static func columns(_ value: String, _ share: String, _ count: String, _ inverse: String) -> String {
        "\(column(value, 12)) \(column(share, 14)) \(column(count, 10)) \(column(inverse, 14))"
    }

    private static func column(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// Of a value that is not negative, with a point whatever the locale.
    private static func decimal(_ value: Double, _ digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        let units = Int64(exactly: (value * scale).rounded()) ?? .max
        let text = "\(units)"
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return padded.dropLast(digits) + "." + padded.suffix(digits)
    }
}
