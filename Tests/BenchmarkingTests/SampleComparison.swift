import BgdemoBenchmarking

/// A comparison with invented, consistent figures.
enum SampleComparison {
    static let names = ["foreground", "fire-and-forget", "local", "pubsub", "resque", "eventr", "queuebus"]

    static func comparison(_ names: [String] = names, talk: [String] = []) -> Comparison {
        var comparison = Comparison(
            began: "2026-11-23T15:00:00Z", seconds: 91.5,
            machine: Machine(
                system: "Linux 6.1.0 x86_64", processor: "A processor", cores: 2, memoryBytes: 25_000_000_000,
                versions: ["bgdemo": "0.1.0", "redis-server": "7.0.15"]), settings: settings)
        for (place, name) in names.enumerated() {
            if talk.contains(name) { comparison.strategies.append(result(name, "talk", place)) }
            comparison.strategies.append(result(name, talk.contains(name) ? "safe" : nil, place))
        }
        return comparison
    }

    static var settings: ComparisonSettings {
        var settings = ComparisonSettings()
        settings.command = ["compare", "--rate", "100", "--seed", "7"]
        (settings.seed, settings.rate, settings.sweep) = (7, 100, [50, 100, 200, 400])
        return settings
    }

    static func result(_ name: String, _ semantics: String? = nil, _ place: Int) -> StrategyResult {
        var result = StrategyResult(name: name, semantics: semantics)
        let waits = name == "foreground"
        result.response = latency(waits ? 250.8 : 0.31 * Double(place + 1), spread: waits ? 1.02 : 1.9)
        result.uncorrected = latency(waits ? 250.5 : 0.29 * Double(place + 1), spread: waits ? 1.01 : 1.7)
        result.toInbox = latency(251 + 7 * Double(place), spread: 1.06)
        result.fate.asked = 1000
        result.fate.accepted = 1000 - place
        result.fate.refused = place
        result.fate.lost = semantics == "talk" ? 12 : 0
        result.fate.duplicated = name == "resque" ? 2 : 0
        result.fate.delivered = result.fate.accepted - result.fate.lost
        result.statuses = ["200": 1000 - place, "503": place]
        result.timeline = (0..<10).map { second in
            var one = TimelineSecond(second: second)
            (one.sent, one.answered) = (100 + second % 3, 100)
            one.delivered = second == 0 ? 60 - place : 100 - place
            one.backlog = 25 + second * place * 3
            one.p99Milliseconds = result.response.p99
            return one
        }
        result.drainSeconds = Double(place)
        result.processes = [ProcessCost(name: "web server", cpuSeconds: 0.6, peakMemoryBytes: 12_300_000)]
        if place > 1 {
            result.processes.append(ProcessCost(name: "worker", cpuSeconds: 0.4, peakMemoryBytes: 11_100_000))
        }
        if place > 2 {
            result.processes.append(ProcessCost(name: "redis-server", cpuSeconds: 0.2, peakMemoryBytes: 9_500_000))
            result.redis = RedisCost(commandsPerMail: 2.5 * Double(place), bytesPerMail: 412.25 * Double(place))
        }
        result.journey = [
            JourneyStep("due", milliseconds: 0), JourneyStep("sent", milliseconds: 0.05),
            JourneyStep("answered", milliseconds: result.response.p50),
            JourneyStep("in the inbox", milliseconds: result.toInbox.p50),
        ]
        result.sweep = settings.sweep.map { rate in
            let kept = rate < 400 || place != 3
            return SweepStep(
                rate: rate, achieved: kept ? rate : 312.5, p99Milliseconds: result.response.p99 * (kept ? 1 : 400),
                backlog: kept ? 10 : 9_000, isKept: kept)
        }
        return result
    }

    /// A distribution of 1000 times around `median`; each further nine is slower by the factor `spread`.
    static func latency(_ median: Double, spread: Double) -> Latency {
        func at(_ nines: Double) -> Double {
            var value = median
            var left = nines
            while left > 0 {
                value *= 1 + (spread - 1) * min(1, left)
                left -= 1
            }
            return value
        }
        var latency = Latency()
        latency.count = 1000
        (latency.min, latency.mean) = (median * 0.8, median * 1.05)
        (latency.p50, latency.p90, latency.p99, latency.p999, latency.max) = (
            median, at(1), at(2), at(3), at(3) * 1.2
        )
        latency.curve =
            [
                (0, latency.min), (25, median * 0.9), (50, median), (75, (median + at(1)) / 2), (90, at(1)),
                (95, at(1.4)),
                (99, at(2)), (99.5, at(2.4)), (99.9, at(3)), (100, latency.max),
            ]
            .map { Latency.Point(percentile: $0.0, milliseconds: $0.1) }
        var from = latency.min
        for count in [120, 300, 330, 150, 60, 25, 10, 5] {
            let to = from * (1 + (spread - 1) / 2)
            latency.bars.append(Latency.Bar(from: from, to: to, count: count))
            from = to
        }
        return latency
    }

    static func fates(_ names: [String] = names) -> FaultMatrix {
        var matrix = FaultMatrix()
        matrix.faults = [
            FaultName("kill-worker", "kill -9 the worker"), FaultName("kill-server", "kill -9 the web server"),
            FaultName("smtp-down", "mail server down for 5 s"), FaultName("redis-cut", "connections to Redis cut"),
        ]
        for (place, name) in names.enumerated() {
            var row = FaultMatrixRow(strategy: name)
            for (number, fault) in matrix.faults.enumerated() {
                var cell = FaultMatrixCell(fault: fault.name)
                cell.applies = !(place < 2 && number != 1 && number != 2)
                cell.fate.asked = 200
                cell.fate.accepted = 180
                cell.fate.refused = 20
                cell.fate.lost = place == 1 && number == 1 ? 31 : 0
                cell.fate.duplicated = place == 4 ? 3 : 0
                cell.deliveredOnce = 180 - cell.fate.lost - cell.fate.duplicated
                cell.recoverySeconds = 0.4 * Double(number + 1)
                cell.mustLoseNothing = place > 3
                row.cells.append(cell)
            }
            matrix.rows.append(row)
        }
        return matrix
    }
}
