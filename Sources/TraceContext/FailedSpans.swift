import Synchronization
public import Tracing

/// The spans of attempts that failed in this process, until the next attempt is linked with them. At most the last
/// 2,000: an attempt may be made by another process, or never.
public final class FailedSpans<Key: Hashable & Sendable>: Sendable {
    private static var most: Int { 1000 }

    private struct Words {
        var recent: [Key: String] = [:]
        /// The ones before, which go when there are as many recent ones.
        var older: [Key: String] = [:]
    }

    private let words = Mutex(Words())

    public init() {}

    public func remember(_ span: any Span, of tracer: any Tracer, for key: Key) {
        let word = TraceFields(span.context, tracer).word
        guard !word.isEmpty else { return }
        words.withLock { words in
            if words.recent.count >= Self.most { words = Words(older: words.recent) }
            words.recent[key] = word
        }
    }

    /// What is known of the last attempt, once; empty where nothing is.
    public func take(_ key: Key) -> TraceFields {
        TraceFields(
            word: words.withLock { words in
                let older = words.older.removeValue(forKey: key)
                return words.recent.removeValue(forKey: key) ?? older ?? ""
            })
    }
}
