import BgdemoSMTPInbox
import Synchronization

/// Which mails somebody has opened.
final class ReadMarks: Sendable {
    private struct State {
        var read: Set<Int> = []
        var changes = 0
    }

    private let state = Mutex(State())

    /// Another number after each change.
    var changes: Int { state.withLock(\.changes) }

    func isRead(_ id: Int) -> Bool { state.withLock { $0.read.contains(id) } }

    var all: Set<Int> { state.withLock(\.read) }

    func mark(_ ids: [Int], isRead: Bool, in mails: MailStore) {
        state.withLock { state in
            for id in ids where state.read.contains(id) != isRead {
                if isRead { state.read.insert(id) } else { state.read.remove(id) }
                state.changes += 1
            }
        }
        // Marks of mails that are gone are dropped now and then.
        guard state.withLock({ $0.read.count }) > mails.count + 1_000 else { return }
        let kept = Set(mails.newest().map(\.id))
        state.withLock { $0.read.formIntersection(kept) }
    }
}
