import BgdemoFoundations

extension HeadParser {
    /// RFC 9112, section 3.2: exactly one Host in HTTP/1.1; a target in absolute form overrules it.
    static func check(_ target: inout String, _ host: inout String?) throws(Problem) {
        if target.utf8.first != UInt8(ascii: "/"), target != "*" {
            guard target.lowercased().hasPrefix("http://") else {
                throw Problem(.badRequest, "the request target does not begin with a slash", advice: "/TO/SUBJECT/TEXT")
            }
            let rest = target.dropFirst(7)
            let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            guard slash > rest.startIndex else { throw badHost }
            host = String(rest[..<slash])
            target = slash == rest.endIndex ? "/" : String(rest[slash...])
        }
        guard host?.everyByte(isHost) ?? true else { throw badHost }
    }

    static var noHost: Problem {
        Problem(.badRequest, "the header field Host is missing", advice: "Host: localhost")
    }

    private static var badHost: Problem {
        Problem(.badRequest, "the host is not a name or an address, perhaps with a port", advice: "Host: localhost")
    }

    /// RFC 3986, section 3.2.2 and 3.2.3: a name, an address in brackets, a port. No name and password.
    private static func isHost(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "#"), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "|"): false
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="),
            UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: isToken(byte)
        }
    }
}
