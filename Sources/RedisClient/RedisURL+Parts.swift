/// The parts of a URL's text.
extension RedisURL {
    /// Takes `[login@]host[:port]` off `rest`.
    static func tcp(_ rest: inout Substring, defaultPort: Int = 6379) throws(InvalidRedisURL) -> Place {
        var authority = Self.authority(of: rest)
        rest = rest[authority.endIndex...]
        if let at = authority.utf8.lastIndex(of: UInt8(ascii: "@")) { authority = authority[after(at, authority)...] }
        var host = authority
        var port: Substring?
        if authority.utf8.first == UInt8(ascii: "[") {
            guard let bracket = authority.utf8.firstIndex(of: UInt8(ascii: "]")) else {
                throw InvalidRedisURL(.host, "a [ without its ]")
            }
            host = authority[after(authority.startIndex, authority)..<bracket]
            let end = authority[after(bracket, authority)...]
            guard end.isEmpty || end.utf8.first == UInt8(ascii: ":") else {
                throw InvalidRedisURL(.host, "after ] comes :port")
            }
            port = end.isEmpty ? nil : Substring(end.utf8.dropFirst())
        } else if let colon = authority.utf8.lastIndex(of: UInt8(ascii: ":")) {
            host = authority[..<colon]
            port = authority[after(colon, authority)...]
            guard !host.utf8.contains(UInt8(ascii: ":")) else {
                throw InvalidRedisURL(.host, "an IPv6 address goes in brackets, as [::1]")
            }
        }
        guard !host.isEmpty else { throw InvalidRedisURL(.host, "it names no host; write redis://127.0.0.1:6379") }
        guard let port else { return .tcp(host: String(host), port: defaultPort) }
        guard let number = UInt16(port), number > 0, port.utf8.first != UInt8(ascii: "+") else {
            throw InvalidRedisURL(.port, "the port is a number from 1 to 65535")
        }
        return .tcp(host: String(host), port: Int(number))
    }

    /// Takes `[login@]/path` off `rest`.
    static func unix(_ rest: inout Substring) throws(InvalidRedisURL) -> Place {
        let end = rest.utf8.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
        guard let slash = rest[..<end].utf8.firstIndex(of: UInt8(ascii: "/")) else {
            throw InvalidRedisURL(.socket, "a socket's path begins with a slash: unix:///run/redis.sock")
        }
        let login = rest[..<slash]
        guard login.isEmpty || login.utf8.last == UInt8(ascii: "@") else {
            throw InvalidRedisURL(.socket, "a socket is on this host; write three slashes, unix:///run/redis.sock")
        }
        let path = try decode(rest[slash..<end], "path")
        // sun_path has 108 bytes on Linux and 104 on macOS, with a zero at its end.
        guard path.utf8.count <= 103, !path.utf8.contains(0) else {
            throw InvalidRedisURL(.socket, "the path of a socket is at most 103 bytes long")
        }
        rest = rest[end...]
        return .unix(path: path)
    }

    static func database(path: Substring) throws(InvalidRedisURL) -> Int {
        let digits = path.utf8.first == UInt8(ascii: "/") ? Substring(path.utf8.dropFirst()) : path
        return digits.isEmpty ? 0 : try database(digits)
    }

    static func database(query: Substring) throws(InvalidRedisURL) -> Int {
        guard !query.isEmpty else { return 0 }
        guard query.utf8.starts(with: "?db=".utf8) else {
            throw InvalidRedisURL(.query, "after ? only db=number is known")
        }
        return try database(Substring(query.utf8.dropFirst(4)))
    }

    private static func database(_ digits: Substring) throws(InvalidRedisURL) -> Int {
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(digits) else {
            throw InvalidRedisURL(.database, "the database is a number, usually 0 to 15: redis://127.0.0.1:6379/1")
        }
        return Int(number)
    }

    static func credentials(_ rest: Substring) throws(InvalidRedisURL) -> (user: String?, password: String?) {
        guard let login = try login(in: rest) else { return (nil, nil) }
        guard let colon = login.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw InvalidRedisURL(.credentials, "before the @ stands user:password, or :password")
        }
        let user = try decode(login[..<colon], "user")
        let password = try decode(login[after(colon, login)...], "password")
        guard !password.isEmpty else { throw InvalidRedisURL(.credentials, "the password before the @ is empty") }
        return (user.isEmpty ? nil : user, password)
    }

    /// What stands before the `@`, where there is one.
    static func login(in rest: Substring) throws(InvalidRedisURL) -> Substring? {
        let authority = authority(of: rest)
        return authority.utf8.lastIndex(of: UInt8(ascii: "@")).map { authority[..<$0] }
    }

    static func decode(_ text: Substring, _ part: String) throws(InvalidRedisURL) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal) else {
                throw InvalidRedisURL(.escape, "in the \(part) a % is not followed by two hexadecimal digits")
            }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw InvalidRedisURL(.escape, "the \(part) is not UTF-8")
        }
        return decoded
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }

    private static func authority(of rest: Substring) -> Substring {
        let ends = "/?#".utf8
        return rest[..<(rest.utf8.firstIndex { ends.contains($0) } ?? rest.endIndex)]
    }

    private static func after(_ place: Substring.Index, _ text: Substring) -> Substring.Index {
        text.utf8.index(after: place)
    }
}
