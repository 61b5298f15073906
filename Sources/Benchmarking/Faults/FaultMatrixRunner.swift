import BgdemoCore
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
    /// Of the inbox for an external service, which must be configured to send its mails there. Default: 0, a free one.
    public var inboxPort = 0
    /// How often each fault is injected into each subject, at seeded moments of fresh runs. Default: 1.
    public var strikes = 1
    public var stop = StopFlag()

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
        var results: [Place: [StrikeResult]] = [:]
        var cells: [Place: FaultMatrixCell] = [:]
        await withTaskGroup(of: (Place, StrikeResult?).self) { group in
            let strikes = places.flatMap { place in (0..<max(1, self.strikes)).map { (place, $0) } }
            // An external service has one set of processes and one inbox: its cells run alone, after all others.
            var waiting = strikes.filter { subjects[$0.0.row].external == nil }[...]
            var alone = strikes.filter { subjects[$0.0.row].external != nil }[...]
            var running = 0
            func begin() {
                guard !stop.isSet else { return }
                guard let (place, number) = waiting.popFirst() ?? (running == 0 ? alone.popFirst() : nil) else {
                    return
                }
                running += 1
                group.addTask { (place, await strike(subjects[place.row], faults[place.column], number)) }
            }
            for _ in 0..<max(1, atATime) { begin() }
            for await (place, result) in group {
                running -= 1
                begin()
                guard let result else { continue }
                results[place, default: []].append(result)
                guard let all = results[place], all.count == max(1, self.strikes) else { continue }
                let (subject, fault) = (subjects[place.row], faults[place.column])
                var cell = FaultMatrixCell(fault: fault.name, all)
                cell.mustLoseNothing =
                    FaultKind(rawValue: fault.name).map { subject.guarantees.mustLoseNothing(under: $0) } ?? false
                cells[place] = cell
                report(Update(subject: subject, fault: fault, cell: cell, place: cells.count, of: places.count))
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
}
