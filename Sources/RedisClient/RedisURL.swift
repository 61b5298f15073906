/// Where a Redis is: `redis://[user[:password]@]host[:port][/database]`, `rediss://` for TLS, or
/// `unix://[user[:password]@]/path/to/socket[?db=database]`.
///
/// The first two are registered with IANA (<https://www.iana.org/assignments/uri-schemes/prov/redis>); the third is
/// what clients in other languages take. User and password are percent-decoded.
public struct RedisURL: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    package let place: Place
    let isEncrypted: Bool
    let user: String?
    let password: String?
    /// 0, unless the URL says another.
    public let database: Int

    /// - Throws: ``InvalidRedisURL``, which says what is wrong and never repeats a password.
    public init(_ text: String) throws(InvalidRedisURL) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            throw InvalidRedisURL("a blank or control character is in it; write it as %20 and the like")
        }
        guard let border = text.firstRange(of: "://") else { throw InvalidRedisURL.scheme }
        var rest = text[border.upperBound...]
        switch text[..<border.lowerBound].lowercased() {
        case "redis": (isEncrypted, place, database) = try (false, Self.tcp(&rest), Self.database(path: rest))
        case "rediss": (isEncrypted, place, database) = try (true, Self.tcp(&rest), Self.database(path: rest))
        case "unix": (isEncrypted, place, database) = try (false, Self.unix(&rest), Self.database(query: rest))
        default: throw InvalidRedisURL.scheme
        }
        (user, password) = try Self.credentials(text[border.upperBound...])
    }

    /// A Unix domain socket on this host.
    public init(socket path: String) {
        place = .unix(path: path)
        isEncrypted = false
        user = nil
        password = nil
        database = 0
    }

    private init(_ place: Place, like other: RedisURL) {
        self.place = place
        (isEncrypted, user, password, database) = (other.isEncrypted, other.user, other.password, other.database)
    }

    /// Another node of the same Cluster, `host:port`, or `:port` on the same host; nil where that is none.
    func at(_ address: String) -> RedisURL? {
        guard case .tcp(let own, _) = place, let colon = address.lastIndex(of: ":"),
            let port = Int(address[address.index(after: colon)...]), (1...65_535).contains(port)
        else { return nil }
        let host = address[..<colon]
        return RedisURL(.tcp(host: host.isEmpty ? own : String(host), port: port), like: self)
    }
}

/// What is wrong with the text of a URL, in words for who wrote it; never the text itself, which may hold a password.
public struct InvalidRedisURL: Error, Hashable, CustomStringConvertible {
    /// What is wrong, for a person to read.
    public let reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    static let scheme = InvalidRedisURL("it begins with redis://, rediss:// (TLS) or unix:// (a socket file)")

    public var description: String { "not a Redis URL: \(reason)" }
}

extension RedisURL: CustomStringConvertible {
    /// The URL without its password: fit for logs.
    public var description: String {
        let login = password == nil ? "" : "\(user ?? ""):***@"
        switch place {
        case .tcp(let host, let port):
            let bracketed = host.contains(":") ? "[\(host)]" : host
            return "\(isEncrypted ? "rediss" : "redis")://\(login)\(bracketed):\(port)/\(database)"
        case .unix(let path):
            return "unix://\(login)\(path)" + (database == 0 ? "" : "?db=\(database)")
        }
    }
}

// MARK: - Parts

extension RedisURL {
    /// Takes `[login@]host[:port]` off `rest`.
    private static func tcp(_ rest: inout Substring) throws(InvalidRedisURL) -> Place {
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        var authority = rest[..<end]
        rest = rest[end...]
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        var host = authority
        var port: Substring?
        if authority.first == "[" {
            guard let bracket = authority.firstIndex(of: "]") else { throw InvalidRedisURL("a [ without its ]") }
            host = authority[authority.index(after: authority.startIndex)..<bracket]
            let after = authority[authority.index(after: bracket)...]
            guard after.isEmpty || after.first == ":" else { throw InvalidRedisURL("after ] comes :port") }
            port = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = authority.lastIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
            guard !host.contains(":") else { throw InvalidRedisURL("an IPv6 address goes in brackets, as [::1]") }
        }
        guard !host.isEmpty else { throw InvalidRedisURL("it names no host; write redis://127.0.0.1:6379") }
        guard let port else { return .tcp(host: String(host), port: 6379) }
        guard let number = UInt16(port), number > 0, port.utf8.first != UInt8(ascii: "+") else {
            throw InvalidRedisURL("the port is a number from 1 to 65535")
        }
        return .tcp(host: String(host), port: Int(number))
    }

    /// Takes `[login@]/path` off `rest`.
    private static func unix(_ rest: inout Substring) throws(InvalidRedisURL) -> Place {
        let end = rest.firstIndex(of: "?") ?? rest.endIndex
        guard let slash = rest[..<end].firstIndex(of: "/") else {
            throw InvalidRedisURL("a socket's path begins with a slash: unix:///run/redis.sock")
        }
        let login = rest[..<slash]
        guard login.isEmpty || login.last == "@" else {
            throw InvalidRedisURL("a socket is on this host; write three slashes, unix:///run/redis.sock")
        }
        let path = try decode(rest[slash..<end], "path")
        // sun_path: 108 bytes on Linux, 104 on macOS, and a zero at the end.
        guard path.utf8.count <= 103, !path.utf8.contains(0) else {
            throw InvalidRedisURL("the path of a socket is at most 103 bytes long")
        }
        rest = rest[end...]
        return .unix(path: path)
    }

    private static func database(path: Substring) throws(InvalidRedisURL) -> Int {
        let digits = path.first == "/" ? path.dropFirst() : path
        guard !digits.isEmpty else { return 0 }
        return try database(digits)
    }

    private static func database(query: Substring) throws(InvalidRedisURL) -> Int {
        guard !query.isEmpty else { return 0 }
        guard query.hasPrefix("?db=") else { throw InvalidRedisURL("after ? only db=number is known") }
        return try database(query.dropFirst(4))
    }

    private static func database(_ digits: Substring) throws(InvalidRedisURL) -> Int {
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(digits) else {
            throw InvalidRedisURL("the database is a number, most often from 0 to 15: redis://127.0.0.1:6379/1")
        }
        return Int(number)
    }

    private static func credentials(_ rest: Substring) throws(InvalidRedisURL) -> (user: String?, password: String?) {
        let authority = rest[..<(rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex)]
        guard let at = authority.lastIndex(of: "@") else { return (nil, nil) }
        let login = authority[..<at]
        guard let colon = login.firstIndex(of: ":") else {
            throw InvalidRedisURL("before the @ stands user:password, or :password")
        }
        let user = try decode(login[..<colon], "user")
        let password = try decode(login[login.index(after: colon)...], "password")
        guard !password.isEmpty else { throw InvalidRedisURL("the password before the @ is empty") }
        return (user.isEmpty ? nil : user, password)
    }

    private static func decode(_ text: Substring, _ part: String) throws(InvalidRedisURL) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let decoded = UInt8(String(Substring(digits)), radix: 16), digits.first != 0x2b
            else { throw InvalidRedisURL("in the \(part) a % is not followed by two hexadecimal digits") }
            bytes.append(decoded)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw InvalidRedisURL("the \(part) is not UTF-8")
        }
        return decoded
    }
}
