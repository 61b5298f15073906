import BgdemoFoundations

/// How long a request's body is (RFC 9112, section 6.3). Every doubtful combination is an error: request smuggling is made
/// of them.
enum BodyFraming {
    case none
    case length(Int)
    case chunked

    init(_ head: HTTPRequest.Head, limits: HTTPLimits) throws(Problem) {
        let fields = head.fields
        if let encoding = fields.transferEncoding {
            guard fields.contentLength == nil else {
                throw Problem(.badRequest, "Content-Length and Transfer-Encoding are both there; send one")
            }
            guard head.minorVersion == 1 else {
                throw Problem(.badRequest, "HTTP/1.0 has no Transfer-Encoding; send Content-Length")
            }
            guard encoding.equalsIgnoringASCIICase("chunked") else {
                throw Problem(.notImplemented, "the only Transfer-Encoding taken is chunked")
            }
            self = .chunked
        } else if let text = fields.contentLength {
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw Problem(.badRequest, "Content-Length is not a number")
            }
            guard let length = Int(text), length <= limits.body else { throw Self.tooLarge(limits.body) }
            self = length == 0 ? .none : .length(length)
        } else {
            self = .none
        }
    }

    static func tooLarge(_ limit: Int) -> Problem {
        Problem(.contentTooLarge, "the body is longer than \(limit) bytes")
    }
}

extension HTTPRequest.Head {
    /// More than a request brings that is answered by its head alone, or by a form of a few words.
    package static let shortBody = 16 << 10

    /// Why the body is not read; nil where it is. For ``HTTPHandler/check(_:)`` of what needs no long body: whoever may send
    /// one takes of what all clients may make the server hold.
    ///
    /// - Parameter limit: Its longest length. One that the head does not tell is longer.
    package func problem(ofBodyLongerThan limit: Int) -> Problem? {
        var limits = HTTPLimits()
        limits.body = limit
        do throws(Problem) {
            guard case .chunked = try BodyFraming(self, limits: limits) else { return nil }
            return BodyFraming.tooLarge(limit)
        } catch {
            return error
        }
    }
}
