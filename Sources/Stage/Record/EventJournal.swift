import BgdemoFoundations
import Synchronization

/// What happens on the stage, as lines of JSON, to everyone who watches: pages, the terminal, the record.
final class EventJournal: Sendable {
    /// A line that a later one of the same kind replaces, so that who comes later gets only the last.
    enum Kind: Hashable {
        case stage
        case process(Int, String)
        case fault(Int)
        case watch(Int, Int)
        case step
        case focus
        case rate(Int)
        case sending(Int)
        case mailServer
    }

    /// One who watches. A queue that is full ends the watching: the reader is too slow.
    fileprivate struct Watcher {
        let lines: AsyncStream<String>.Continuation
        /// A record takes every line, a page may leave.
        let isRecord: Bool
    }

    fileprivate struct State {
        var watchers: [Int: Watcher] = [:]
        var nextWatcher = 0
        var last: [Kind: (place: Int, line: String)] = [:]
        var place = 0
        /// The last minute of scores.
        var scores: [String] = []
    }

    static let maxWatchers = 100
    private static let maxScores = 120
    private static let maxFaults = 40
    private static let maxWaiting = 500

    private let state = Mutex(State())
    private let origin: Int64

    init(origin: Int64) {
        self.origin = origin
    }

    var watchers: Int { state.withLock { $0.watchers.count } }

    /// - Parameter kind: Nil for what only those get who watch now, such as a notice.
    func publish(_ kind: Kind?, at now: Int64, _ write: (inout JSONWriter) -> Void) {
        let line = line(at: now, write)
        state.withLock { state in
            if let kind { state.keep(kind, line, maxFaults: Self.maxFaults) }
            state.send(line)
        }
    }

    func publishScores(at now: Int64, _ write: (inout JSONWriter) -> Void) {
        let line = line(at: now, write)
        state.withLock { state in
            if state.scores.count == Self.maxScores { state.scores.removeFirst() }
            state.scores.append(line)
            state.send(line)
        }
    }

    /// Milliseconds since the beginning.
    func time(at now: Int64) -> Int { Int((now - origin) / 1_000_000) }

    private func line(at now: Int64, _ write: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter(capacity: 400)
        json.object {
            $0.member("t", time(at: now))
            write(&$0)
        }
        return json.text
    }

    /// The lines that show the present, then each that follows.
    ///
    /// - Parameter mails: Lines that show where the mails are.
    /// - Returns: Nil where too many watch.
    func watch(isRecord: Bool = false, mails: () -> String?) -> AsyncStream<String>? {
        state.withLock { state in
            guard isRecord || state.watchers.count < Self.maxWatchers else { return nil }
            let number = state.nextWatcher
            state.nextWatcher += 1
            // A record is written by this process itself, and as fast as its disk.
            let (stream, lines) = AsyncStream.makeStream(
                of: String.self, bufferingPolicy: .bufferingOldest(isRecord ? 100_000 : Self.maxWaiting))
            lines.onTermination = { [weak self] _ in
                // Not within the lock that ends a watcher.
                Task { self?.state.withLock { _ = $0.watchers.removeValue(forKey: number) } }
            }
            for line in state.last.values.sorted(by: { $0.place < $1.place }) { lines.yield(line.line) }
            for line in state.scores { lines.yield(line) }
            if let mails = mails() { lines.yield(mails) }
            state.watchers[number] = Watcher(lines: lines, isRecord: isRecord)
            return stream
        }
    }

    /// The scores as they were last told.
    var lastScores: String { state.withLock { $0.scores.last } ?? "{}" }

    func end() {
        state.withLock { state in
            for watcher in state.watchers.values { watcher.lines.finish() }
            state.watchers.removeAll()
        }
    }
}

extension EventJournal.State {
    fileprivate mutating func keep(_ kind: EventJournal.Kind, _ line: String, maxFaults: Int) {
        place += 1
        last[kind] = (place, line)
        // Of the faults and what became of their mails, the newest.
        let old = last.keys.filter { if case .fault = $0 { true } else if case .watch = $0 { true } else { false } }
        guard old.count > maxFaults, let first = old.min(by: { last[$0]?.place ?? 0 < last[$1]?.place ?? 0 }) else {
            return
        }
        last[first] = nil
    }

    fileprivate mutating func send(_ line: String) {
        for (number, watcher) in watchers {
            guard case .dropped = watcher.lines.yield(line) else { continue }
            watcher.lines.finish()
            watchers[number] = nil
        }
    }
}
