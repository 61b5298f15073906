import BgdemoFoundations

/// A mail's HTML as it is put into a frame that runs and loads nothing.
enum MailHTML {
    /// Its links open in another tab, since the frame is not allowed to go anywhere.
    private static let base = Array("<base target=\"_blank\">".utf8)

    /// No policy keeps browsers from opening the connection of a `<link rel="preconnect">`, by which a sender would learn that
    /// the mail is read: no `link` stays one. Its name cannot be written in another way.
    static func shown(_ html: String) -> String {
        let given = Array(html.utf8)
        let start = afterDoctype(given)
        var shown = Array(given[..<start]) + base
        var rest = given[start...]
        while let bracket = rest.firstIndex(of: UInt8(ascii: "<")) {
            shown += rest[...bracket]
            rest = rest[(bracket + 1)...]
            if rest.prefix(4).lazy.map(\.asciiLowercased).elementsEqual("link".utf8) { shown += "x-".utf8 }
        }
        return String(decoding: shown + rest, as: UTF8.self)
    }

    /// Before the doctype it would take the page's standard mode.
    private static func afterDoctype(_ bytes: [UInt8]) -> Int {
        let blanks = bytes.prefix { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }.count
        let doctype = Array("<!doctype".utf8)
        guard bytes[blanks...].prefix(doctype.count).map(\.asciiLowercased) == doctype,
            let end = bytes[blanks...].firstIndex(of: UInt8(ascii: ">"))
        else { return 0 }
        return end + 1
    }
}
