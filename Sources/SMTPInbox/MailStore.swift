import DequeModule
import Logging
import Synchronization

/// The newest mails, bounded in number and bytes, and a stream of each that comes.
public final class MailStore: Sendable {
    private struct State {
        /// Oldest first; their ids ascend.
        var mails = Deque<CaughtMail>()
        var bytes = 0
        var total = 0
        var readers: [Int: Reader] = [:]
        var nextReader = 0
        var isClosed = false
        var removed = 0

        /// The place of the first mail whose id is at least this.
        func place(of id: Int) -> Int {
            var (low, high) = (0, mails.count)
            while low < high {
                let middle = (low + high) / 2
                if mails[middle].id < id { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    private struct Reader {
        let stream: AsyncStream<CaughtMail>.Continuation
        var hasLost = false
    }

    private let keep: Int
    private let keepBytes: Int
    private let logger: Logger
    private let state = Mutex(State())

    init(keep: Int, keepBytes: Int, logger: Logger) {
        self.keep = keep
        self.keepBytes = keepBytes
        self.logger = logger
    }

    /// The mails ever stored, those no longer kept among them.
    public var total: Int { state.withLock(\.total) }
    /// The mails kept, and their bytes.
    public var count: Int { state.withLock(\.mails.count) }
    public var bytes: Int { state.withLock(\.bytes) }

    /// The newest mails, newest first: at most `limit`, and where `before` is given only those that came before it.
    public func newest(_ limit: Int = .max, before: Int? = nil) -> [CaughtMail] {
        state.withLock { state in
            let end = before.map { state.place(of: $0) } ?? state.mails.count
            return state.mails[max(0, end - max(0, min(limit, end)))..<end].reversed()
        }
    }

    /// The mail of this id, or nil where there never was one or it is no longer kept.
    public subscript(id: Int) -> CaughtMail? {
        state.withLock { state in
            let place = state.place(of: id)
            return place < state.mails.count && state.mails[place].id == id ? state.mails[place] : nil
        }
    }

    /// How many mails have come and were removed by hand: another number, once the list is another.
    public var changes: Int { state.withLock { $0.total + $0.removed } }

    /// Removes these mails; nil removes all.
    ///
    /// - Returns: How many there were.
    @discardableResult
    public func remove(_ ids: [Int]?) -> Int {
        state.withLock { state in
            let before = state.mails.count
            if let ids {
                let ids = Set(ids)
                state.mails.removeAll { ids.contains($0.id) }
            } else {
                state.mails.removeAll()
            }
            state.bytes = state.mails.reduce(0) { $0 + $1.raw.count }
            state.removed += before - state.mails.count
            return before - state.mails.count
        }
    }

    /// Each mail that comes from now on. A reader that falls more than `buffering` mails behind loses the newest, and
    /// the log says so.
    public func arrivals(buffering: Int) -> AsyncStream<CaughtMail> {
        AsyncStream(bufferingPolicy: .bufferingOldest(buffering)) { stream in
            let number = state.withLock { state -> Int? in
                guard !state.isClosed else { return nil }
                state.nextReader += 1
                state.readers[state.nextReader] = Reader(stream: stream)
                return state.nextReader
            }
            guard let number else { return stream.finish() }
            stream.onTermination = { [weak self] _ in
                self?.state.withLock { state in _ = state.readers.removeValue(forKey: number) }
            }
        }
    }

    /// Gives the mail its id and keeps it. The oldest go where there is no space.
    func store(_ mail: CaughtMail) -> Int {
        var mail = mail
        let (id, readers) = state.withLock { state in
            state.total += 1
            mail.id = state.total
            state.mails.append(mail)
            state.bytes += mail.raw.count
            while state.mails.count > keep || state.bytes > keepBytes, let oldest = state.mails.popFirst() {
                state.bytes -= oldest.raw.count
            }
            return (state.total, state.readers)
        }
        if !readers.isEmpty { yield(mail, to: readers) }
        return id
    }

    private func yield(_ mail: CaughtMail, to readers: [Int: Reader]) {
        for (number, reader) in readers {
            guard case .dropped = reader.stream.yield(mail), !reader.hasLost else { continue }
            state.withLock { state in state.readers[number]?.hasLost = true }
            logger.warning("A reader of the inbox is too slow and misses mails", metadata: ["first": "\(mail.id)"])
        }
    }

    /// Ends the streams of all readers, after what they have not read yet.
    func close() {
        let readers = state.withLock { state in
            state.isClosed = true
            return state.readers
        }
        for reader in readers.values { reader.stream.finish() }
    }
}
