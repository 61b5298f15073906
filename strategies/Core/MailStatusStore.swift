public import BgdemoEmail
import DequeModule
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
    private struct State {
        var statuses: [EmailID: MailStatus] = [:]
        /// The oldest first.
        var order = Deque<EmailID>()
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: How many mails are kept. Default: 20,000.
    public init(limit: Int = 20_000) { self.limit = limit }

    public func record(accepted state: String, _ id: EmailID) {
        self.state.withLock { all in
            if all.statuses[id] == nil { insert(MailStatus(accepted: state), id, &all) }
        }
    }

    public func record(_ status: MailStatus, _ id: EmailID) { state.withLock { insert(status, id, &$0) } }

    private func insert(_ status: MailStatus, _ id: EmailID, _ state: inout State) {
        guard state.statuses.updateValue(status, forKey: id) == nil else { return }
        state.order.append(id)
        if state.order.count > limit, let oldest = state.order.popFirst() { state.statuses[oldest] = nil }
    }

    public func status(of id: EmailID) -> MailStatus? { state.withLock { $0.statuses[id] } }
}
