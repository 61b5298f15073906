import BgdemoFoundations
import BgdemoHTTPServer

/// A path of this site with its query, where a browser may be sent: it names no other host, however a browser reads it.
struct LocalPath: Sendable, Hashable {
    let text: String

    /// Of a request's line and of a field of a form.
    private static let longest = 2_000

    /// Nil where `text` is not such a path: browsers take `//host` and `/\host` for another site, and leave out tabs and line
    /// ends before they look.
    init?(_ text: String) {
        let bytes = text.utf8
        guard bytes.first == UInt8(ascii: "/"), bytes.dropFirst().first != UInt8(ascii: "/"),
            bytes.count <= Self.longest,
            bytes.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return nil }
        self.text = text
    }

    /// The page that a request asks for; nil where it asks for no page.
    init?(pageOf request: HTTPRequest) {
        guard request.method == .get else { return nil }
        self.init(request.target)
    }
}
