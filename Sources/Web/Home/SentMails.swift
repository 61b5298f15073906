import BgdemoSMTPInbox
import DequeModule
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The mails that were sent by the form, the newest 100, so that the page can show what became of them.
final class SentMails: Sendable {
    struct Entry: Sendable {
        let id: String
        let to: String
        let subject: String
        let sentAt: Date
        let answeredAt: Date
        /// What the strategy said: `sent`, `queued`, `failed`, …
        let state: String
        /// Why it failed.
        let failure: String?
    }

    private let state = Mutex(Deque<Entry>())

    private static let most = 100

    var count: Int { state.withLock { $0.count } }

    func add(_ entry: Entry) {
        state.withLock { entries in
            entries.append(entry)
            if entries.count > Self.most { entries.removeFirst() }
        }
    }

    func find(_ id: String) -> Entry? { state.withLock { $0.last { $0.id.utf8.elementsEqual(id.utf8) } } }

    var newest: Entry? { state.withLock { $0.last } }
}
