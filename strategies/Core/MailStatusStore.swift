public import BgdemoEmail
import Synchronization

/// Where a strategy keeps what became of its mails, for `GET /mails/ID`.
public protocol MailStatusStore: Sendable {
    /// Notes that a mail was accepted; not where more is known of it already. Returns at once.
    func record(accepted state: String, _ id: EmailID)
    /// Notes the end of an attempt. Returns at once.
    func record(_ status: MailStatus, _ id: EmailID)
    /// - Returns: nil where nothing is known of the mail, or no more.
    /// - Throws: ``AcceptError`` where the store is away.
    func status(of id: EmailID) async throws(AcceptError) -> MailStatus?
}

/// The newest mails of this process, in its memory.
public final class MailStatusMemory: MailStatusStore {
    /// Two halves, because forgetting one of them whole costs a mail nothing; forgetting the oldest mail at each new one
    /// was a twentieth of a request.
    private struct State {
        var new: [EmailID: MailStatus] = [:]
        var old: [EmailID: MailStatus] = [:]

        subscript(id: EmailID) -> MailStatus? { new[id] ?? old[id] }
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: How many mails are kept at least; at most there are twice as many. Default: 20,000.
    public init(limit: Int = 20_000) { self.limit = limit }

    public func record(accepted state: String, _ id: EmailID) {
        self.state.withLock { all in
            if all[id] == nil { insert(MailStatus(accepted: state), id, &all) }
        }
    }

    public func record(_ status: MailStatus, _ id: EmailID) { state.withLock { insert(status, id, &$0) } }

    private func insert(_ status: MailStatus, _ id: EmailID, _ state: inout State) {
        state.new[id] = status
        guard state.new.count >= limit else { return }
        state.old = state.new
        state.new = Dictionary(minimumCapacity: limit)
    }

    public func status(of id: EmailID) -> MailStatus? { state.withLock { $0[id] } }
}
