import BgdemoEmail
import BgdemoFoundations

/// What a recipient's address asks for: the words of its local part, split at `+`, letter case aside.
///
/// - `fail-550@…` gets this code, 400 to 599, at RCPT;
/// - `fail-once@…` gets 451 after the dot the first time each mail comes (remembered by the address and the mail's
///   Message-ID, or all its bytes; see ``FailOnceTracker``), and is taken the second time;
/// - `slow-2s@…` makes the answer after the dot take that long, at least;
/// - `drop@…` loses the connection at RCPT.
///
/// Other words may stand beside: `fail-once+bob@…`.
struct AddressRule: Hashable {
    /// At RCPT, instead of yes.
    private(set) var refusal: InboxFault.Action?
    private(set) var failsOnce = false
    private(set) var slowness = Duration.zero

    init(_ address: String) {
        guard let at = address.utf8.lastIndex(of: UInt8(ascii: "@")) else { return }
        let local = address[..<at]
        // The words are made for no other letters, and most addresses are done here.
        guard local.utf8.contains(UInt8(ascii: "-")) || local.utf8.contains(where: { $0 | 0x20 == 0x64 }) else {
            return
        }
        for word in local.asciiLowercased().split(separator: "+") {
            if word == "drop" {
                refusal = refusal ?? .drop
            } else if word == "fail-once" {
                failsOnce = true
            } else if let code = word.dropping(prefix: "fail-").flatMap({ Int($0) }), (400...599).contains(code) {
                refusal = refusal ?? .reply(code)
            } else if let time = word.dropping(prefix: "slow-").flatMap({ Duration(text: $0) }) {
                slowness = min(max(slowness, time), .seconds(86_400))
            }
        }
    }
}
