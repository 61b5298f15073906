import BgdemoFoundations

extension HeadParser {
    /// RFC 9112, section 3.2: exactly one Host in HTTP/1.1; a target in absolute form overrules it. The host is then ASCII.
    static func check(_ target: inout String, _ host: inout String?) throws(Problem) {
        let bytes = target.utf8
        if bytes.first != UInt8(ascii: "/"), !target.hasSameBytes(as: "*") {
            guard Substring(bytes.prefix(7)).equalsIgnoringASCIICase("http://") else {
                throw Problem(.badRequest, "the request target does not begin with a slash", advice: "GET / HTTP/1.1")
            }
            let rest = bytes.dropFirst(7)
            let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            guard slash > rest.startIndex else { throw badHost }
            host = String(Substring(rest[..<slash]))
            target = slash == rest.endIndex ? "/" : String(Substring(rest[slash...]))
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
