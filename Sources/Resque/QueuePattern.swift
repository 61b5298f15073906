import BgdemoSystemCompat

/// One entry of a worker's list of queues, as in Ruby's `Resque::Worker#queues=`: a name, a pattern such as `*` or `high*`,
/// or with `!` before it one of queues to leave out.
struct QueuePattern: Sendable {
    let text: String
    let isExclusion: Bool

    init(_ entry: String) {
        isExclusion = entry.utf8.first == UInt8(ascii: "!")
        text = isExclusion ? String(entry.dropFirst()) : entry
    }

    /// Whether it is a pattern, and not a name.
    var isOpen: Bool { text.utf8.contains { "*?{}[]".utf8.contains($0) } }

    /// Whether a queue has a name of this pattern, by the rules of fnmatch(3), as `File.fnmatch` of Ruby.
    func matches(_ name: String) -> Bool { unsafe fnmatch(text, name, FNM_PERIOD) == 0 }
}
