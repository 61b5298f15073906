public import BgdemoSMTPInbox

/// Measures the fault matrix: each subject under each fault, in processes of its own.
public struct FaultMatrixRunner: Sendable {
    public var program: String
    public var subjects: [BenchmarkSubject]
    public var faults = Fault.all
    public var inbox: InboxSettings
    public var seed: UInt64 = 1
    /// Requests per second.
    public var rate: Double = 40
    /// Cells that run at a time; they mostly wait. Default: 8.
    public var atATime = 8
    public var stop = StopFlag()

    /// Longer than the slowest recovery, the lease of an eventr consumer.
    private static let quiet = Duration.seconds(15)
    /// The time of the fault since the beginning of the load.
    static let time = Duration.seconds(1)

    public init(program: String, subjects: [BenchmarkSubject], inbox: InboxSettings) {
        (self.program, self.subjects, self.inbox) = (program, subjects, inbox)
    }

    /// A finished cell.
    public struct Update: Sendable {
        public let subject: BenchmarkSubject
        public let fault: Fault
        public let cell: FaultMatrixCell
        public let place: Int
        public let of: Int

        /// `resque, kill -9 the worker: ✓ all once, 160 accepted, recovered in 1.20 s`
        public var text: String {
            let guarantee = cell.isKept ? "" : ", but must lose nothing"
            return "\(subject.title), \(fault.summary): \(CellResult(cell).words)\(guarantee), "
                + cell.details.joined(separator: ", ")
        }
    }

    private struct Place: Sendable, Hashable {
        let row: Int
        let column: Int
    }

    /// Runs every cell, ``atATime`` at a time. When stopped, returns the finished ones.
    public func matrix(_ report: @escaping @Sendable (Update) -> Void) async -> FaultMatrix {
        // The slowest first, so that no slow cell runs alone at the end.
        let places = faults.indices.sorted { faults[$0].seconds > faults[$1].seconds }.flatMap { column in
            subjects.indices.filter { faults[column].applies(subjects[$0]) }.map { Place(row: $0, column: column) }
        }
        var cells: [Place: FaultMatrixCell] = [:]
        await withTaskGroup(of: (Place, FaultMatrixCell?).self) { group in
            var waiting = places[...]
            func begin() {
                guard !stop.isSet, let place = waiting.popFirst() else { return }
                group.addTask { (place, await cell(subjects[place.row], faults[place.column])) }
            }
            for _ in 0..<max(1, atATime) { begin() }
            for await (place, cell) in group {
                begin()
                guard let cell else { continue }
                cells[place] = cell
                report(
                    Update(
                        subject: subjects[place.row], fault: faults[place.column], cell: cell, place: cells.count,
                        of: places.count))
            }
        }
        return matrix(cells)
    }

    private func matrix(_ cells: [Place: FaultMatrixCell]) -> FaultMatrix {
        var matrix = FaultMatrix()
        matrix.faults = faults.map { FaultName($0.name, $0.summary) }
        matrix.rows = subjects.enumerated().map { row, subject in
            var line = FaultMatrixRow(strategy: subject.name, semantics: subject.semantics)
            line.cells = faults.enumerated().compactMap { column, fault in
                guard !fault.applies(subject) else { return cells[Place(row: row, column: column)] }
                var cell = FaultMatrixCell(fault: fault.name)
                cell.applies = false
                return cell
            }
            return line
        }
        return matrix
    }

    /// - Returns: Nil if the run was stopped before its end.
    private func cell(_ subject: BenchmarkSubject, _ fault: Fault) async -> FaultMatrixCell? {
        var cell = FaultMatrixCell(fault: fault.name)
        cell.mustLoseNothing = DurabilityGuarantees.mustLoseNothing(subject, under: fault)
        var load = Load(.open(rate: rate), seconds: fault.seconds, seed: seed, part: fault.name)
        load.answerTime = .seconds(20)
        var benchmark = Benchmark(program: program, load: load, inbox: inbox)
        // The workers of 2016 send one mail after the other and need minutes for a backlog.
        let limit = Duration.seconds(subject.semantics == "talk" ? 180 : 60)
        benchmark.quietPeriod = QuietPeriod(linger: .seconds(2), quiet: Self.quiet, limit: limit)
        // Enough attempts that no mail is given up by chance, and short delays, so that retries end within the wait.
        benchmark.arguments = ["--attempts", "20", "--retry-delay", "100ms", "--retry-cap", "2s"]
        benchmark.stop = stop
        do {
            var time = Self.time
            let run = try await benchmark.run(subject) { running in
                try await running.sleep(until: Self.time)
                try await fault.inject(running) { time = running.now }
            }
            guard run.isComplete else { return nil }
            cell.fate = run.fate
            cell.deliveredOnce = run.deliveredOnce
            cell.recoverySeconds = run.recovery(from: time).map { $0 / .seconds(1) }
            if cell.fate.pending > 0 {
                cell.problem = "\(cell.fate.pending) mails were still missing after \(limit)"
            } else if cell.fate.accepted == 0 {
                cell.problem = "no mail was accepted"
            }
        } catch {
            guard !stop.isSet else { return nil }
            cell.problem = "\(error)"
        }
        return cell
    }
}
