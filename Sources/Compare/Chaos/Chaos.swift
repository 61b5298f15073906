public import Inbox

/// The fate matrix: each strategy under each mishap, in processes of its own.
public struct Chaos: Sendable {
    public var program: String
    public var contenders: [Contender]
    public var mishaps = Mishap.all
    public var inbox: InboxSettings
    public var seed: UInt64 = 1
    /// Requests a second.
    public var rate: Double = 40
    /// Cells at a time: they wait more than they work.
    public var atATime = 8
    public var stop = StopFlag()

    /// How long nothing may come until what has not come is lost: longer than the slowest cure, a lease of eventr.
    private static let quiet = Duration.seconds(15)
    /// When it happens, since the first request.
    static let time = Duration.seconds(1)

    public init(program: String, contenders: [Contender], inbox: InboxSettings) {
        (self.program, self.contenders, self.inbox) = (program, contenders, inbox)
    }

    /// A cell that is done.
    public struct News: Sendable {
        public let contender: Contender
        public let mishap: Mishap
        public let cell: FateCell
        public let place: Int
        public let of: Int

        /// `resque, kill -9 the worker: ✓ all once, 160 accepted, back in 1.20 s`
        public var text: String {
            let promise = cell.isKept ? "" : ", and must lose nothing"
            return "\(contender.title), \(mishap.summary): \(Verdict(cell).words)\(promise), "
                + cell.details.joined(separator: ", ")
        }
    }

    private struct Place: Sendable, Hashable {
        let row: Int
        let column: Int
    }

    /// Runs every cell, so many at a time. After a stop, those that are done.
    public func matrix(_ tell: @escaping @Sendable (News) -> Void) async -> FateMatrix {
        // The slowest first: the last to end has nobody to wait for.
        let places = mishaps.indices.sorted { mishaps[$0].seconds > mishaps[$1].seconds }.flatMap { column in
            contenders.indices.filter { mishaps[column].strikes(contenders[$0]) }.map { Place(row: $0, column: column) }
        }
        var cells: [Place: FateCell] = [:]
        await withTaskGroup(of: (Place, FateCell?).self) { group in
            var waiting = places[...]
            func begin() {
                guard !stop.isSet, let place = waiting.popFirst() else { return }
                group.addTask { (place, await cell(contenders[place.row], mishaps[place.column])) }
            }
            for _ in 0..<max(1, atATime) { begin() }
            for await (place, cell) in group {
                begin()
                guard let cell else { continue }
                cells[place] = cell
                tell(
                    News(
                        contender: contenders[place.row], mishap: mishaps[place.column], cell: cell, place: cells.count,
                        of: places.count))
            }
        }
        return matrix(cells)
    }

    private func matrix(_ cells: [Place: FateCell]) -> FateMatrix {
        var matrix = FateMatrix()
        matrix.faults = mishaps.map { FaultName($0.name, $0.summary) }
        matrix.rows = contenders.enumerated().map { row, contender in
            var line = FateRow(strategy: contender.name, semantics: contender.semantics)
            line.cells = mishaps.enumerated().compactMap { column, mishap in
                guard !mishap.strikes(contender) else { return cells[Place(row: row, column: column)] }
                var cell = FateCell(fault: mishap.name)
                cell.applies = false
                return cell
            }
            return line
        }
        return matrix
    }

    /// - Returns: Nil where somebody said stop before its end.
    private func cell(_ contender: Contender, _ mishap: Mishap) async -> FateCell? {
        var cell = FateCell(fault: mishap.name)
        cell.mustLoseNothing = Promises.mustLoseNothing(contender, under: mishap)
        var load = Load(.open(rate: rate), seconds: mishap.seconds, seed: seed, part: mishap.name)
        load.answerTime = .seconds(20)
        var contest = Contest(program: program, load: load, inbox: inbox)
        // The workers of 2016 send one mail after the other, and what waited for a cure is minutes behind.
        let limit = Duration.seconds(contender.semantics == "talk" ? 180 : 60)
        contest.patience = Patience(linger: .seconds(2), quiet: Self.quiet, limit: limit)
        // So many that chance alone makes no mail give up, and soon enough to be waited for.
        contest.arguments = ["--attempts", "20", "--retry-delay", "100ms", "--retry-cap", "2s"]
        contest.stop = stop
        do {
            var time = Self.time
            let bout = try await contest.run(contender) { contestant in
                try await contestant.sleep(until: Self.time)
                try await mishap.happen(contestant) { time = contestant.now }
            }
            guard bout.isComplete else { return nil }
            cell.fate = bout.fate
            cell.deliveredOnce = bout.deliveredOnce
            cell.recoverySeconds = bout.recovery(from: time).map { $0 / .seconds(1) }
            if cell.fate.pending > 0 {
                cell.problem = "\(cell.fate.pending) mails still to come after \(limit)"
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
