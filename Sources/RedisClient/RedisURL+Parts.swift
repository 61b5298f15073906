import BgdemoFoundations

/// The parts of a URL's text.
extension RedisURL {
    static func parts(_ text: some StringProtocol) throws(InvalidRedisURL) -> URLParts {
        do throws(URLSyntaxError) {
            return try URLParts(text)
        } catch .noScheme where URLParts.isHostAndPort(text) {
            throw InvalidRedisURL(.scheme, "it has no scheme; write redis://\(text)")
        } catch {
            throw InvalidRedisURL(error)
        }
    }

    static func tcp(_ parts: URLParts, defaultPort: Int = 6379) throws(InvalidRedisURL) -> Place {
        guard !parts.host.isEmpty else {
            throw InvalidRedisURL(.host, "it names no host; write redis://127.0.0.1:6379")
        }
        return .tcp(host: parts.host, port: parts.port ?? defaultPort)
    }

    static func unix(_ parts: URLParts) throws(InvalidRedisURL) -> Place {
        guard parts.host.isEmpty, parts.port == nil else {
            throw InvalidRedisURL(.socket, "a socket is on this host; write three slashes, unix:///run/redis.sock")
        }
        guard !parts.path.isEmpty else {
            throw InvalidRedisURL(.socket, "a socket's path begins with a slash: unix:///run/redis.sock")
        }
        let path = try decode(parts.path.utf8, "path")
        // sun_path has 108 bytes on Linux and 104 on macOS, with a zero at its end.
        guard path.utf8.count <= 103, !path.utf8.contains(0) else {
            throw InvalidRedisURL(.socket, "the path of a socket is at most 103 bytes long")
        }
        return .unix(path: path)
    }

    /// `/database`, or nothing.
    static func database(path: some StringProtocol) throws(InvalidRedisURL) -> Int {
        path.utf8.count <= 1 ? 0 : try database(path.utf8.dropFirst())
    }

    /// `db=database`, or nothing.
    static func database(query: String?) throws(InvalidRedisURL) -> Int {
        guard let query else { return 0 }
        guard query.hasBytePrefix("db=") else { throw InvalidRedisURL(.query, "after ? only db=number is known") }
        return try database(query.utf8.dropFirst(3))
    }

    private static func database(_ digits: some Collection<UInt8>) throws(InvalidRedisURL) -> Int {
        guard digits.allSatisfy(\.isASCIIDigit), let number = UInt16(String(decoding: digits, as: UTF8.self)) else {
            throw InvalidRedisURL(.database, "the database is a number, usually 0 to 15: redis://127.0.0.1:6379/1")
        }
        return Int(number)
    }

    static func credentials(_ parts: URLParts) throws(InvalidRedisURL) -> (user: String?, password: String?) {
        guard let user = parts.user else { return (nil, nil) }
        guard let password = parts.password else {
            throw InvalidRedisURL(.credentials, "before the @ stands user:password, or :password")
        }
        guard !password.isEmpty else { throw InvalidRedisURL(.credentials, "the password before the @ is empty") }
        return (user.isEmpty ? nil : user, password)
    }

    static func decode(_ text: some Collection<UInt8>, _ part: String) throws(InvalidRedisURL) -> String {
        do throws(PercentDecodingError) {
            return try PercentDecoding.text(text)
        } catch {
            throw InvalidRedisURL(.escape, "in the \(part) \(error)")
        }
    }
}

extension InvalidRedisURL {
    fileprivate init(_ error: URLSyntaxError) {
        self =
            switch error {
            case .noScheme: .scheme
            case .blankOrControl: InvalidRedisURL(.character, "\(error)")
            case .invalidLogin: InvalidRedisURL(.escape, "\(error)")
            case .unescapedLogin: InvalidRedisURL(.credentials, "\(error)")
            case .unclosedBracket, .invalidIPv6, .unbracketedIPv6: InvalidRedisURL(.host, "\(error)")
            case .invalidPort: InvalidRedisURL(.port, "after the host stands a port from 1 to 65535, as :6379")
            }
    }
}
