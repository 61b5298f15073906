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
    /// What was known of a mail's attempts, and since when.
    struct Seen: Sendable {
        let attempts: HomePages.Attempts
        let at: Date
    }

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
        /// Nil before the first attempt.
        var attempts: Seen?
    }

    private struct State {
        var entries = Deque<Entry>()
        var changes = 0
    }

    private let state = Mutex(State())

    private static let most = 100

    var count: Int { state.withLock { $0.entries.count } }
    /// Counts up whenever more is known of an entry's attempts.
    var changes: Int { state.withLock { $0.changes } }

    func add(_ entry: Entry) {
        state.withLock { state in
            state.entries.append(entry)
            if state.entries.count > Self.most { state.entries.removeFirst() }
        }
    }

    func note(_ attempts: HomePages.Attempts, of id: String, at now: Date) {
        state.withLock { state in
            guard let place = state.entries.lastIndex(where: { $0.id.utf8.elementsEqual(id.utf8) }),
                state.entries[place].attempts?.attempts != attempts
            else { return }
            state.entries[place].attempts = Seen(attempts: attempts, at: now)
            state.changes += 1
        }
    }

    func find(_ id: String) -> Entry? { state.withLock { $0.entries.last { $0.id.utf8.elementsEqual(id.utf8) } } }

    var newest: Entry? { state.withLock { $0.entries.last } }
}
