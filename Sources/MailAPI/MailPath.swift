import BgdemoEmail
import BgdemoFoundations
import BgdemoHTTPServer

/// The route `/TO/SUBJECT/TEXT`: three segments, each percent-decoded once (RFC 3986, section 2.1) to strict UTF-8. A `+`
/// is a plus; a slash inside a segment is `%2F`.
enum MailPath {
    static func email(_ target: String) throws(Problem) -> Email {
        let slashes = Slashes(target)
        guard !slashes.hasQuery else {
            throw wrong("a query string has no meaning here; a question mark in the text is %3F")
        }
        guard slashes.count >= 3 else { throw wrong("the path has \(max(1, slashes.count)) of three segments") }
        guard slashes.count == 3 else {
            throw wrong("the path has more than three segments; a slash in the text is %2F")
        }
        let path = target.utf8
        func place(_ offset: Int) -> String.Index { path.index(path.startIndex, offsetBy: offset) }
        let (second, third) = (place(slashes.second), place(slashes.third))
        let to = try decode(path[place(slashes.first)..<second].dropFirst(), .to)
        let subject = try decode(path[second..<third].dropFirst(), .subject)
        let text = try decode(path[third...].dropFirst(), .text)
        return try email(to: to, subject: subject, text: text, advice: advice)
    }

    /// The e-mail, or 400 and the rule that was broken.
    ///
    /// - Parameter advice: What to send instead.
    static func email(to: String, subject: String, text: String, advice: String) throws(Problem) -> Email {
        guard text.utf8.count <= Email.maximumTextBytes else {
            throw Problem(.contentTooLarge, "the text is longer than \(Email.maximumTextBytes) bytes")
        }
        do {
            return try Email(to: to, subject: subject, text: text)
        } catch {
            throw Problem(.badRequest, "\(error)", advice: advice)
        }
    }

    private static func decode(_ segment: Substring.UTF8View, _ field: InvalidEmail.Field) throws(Problem) -> String {
        guard !segment.isEmpty else { throw wrong("the segment for \(field.rawValue) is empty") }
        guard segment.contains(UInt8(ascii: "%")) else { return String(Substring(segment)) }
        do throws(PercentDecodingError) {
            return try PercentDecoding.text(segment)
        } catch .invalidEscape {
            throw wrong(
                "an escape in the segment for \(field.rawValue) is not % and two hexadecimal digits; % itself is %25")
        } catch {
            throw wrong("the segment for \(field.rawValue) is not UTF-8 when decoded")
        }
    }

    private static func wrong(_ reason: String) -> Problem {
        Problem(.badRequest, reason, advice: advice)
    }

    private static let advice = "GET /TO/SUBJECT/TEXT, such as /you@example.org/hello/how%20are%20you"
}

/// Where the slashes of a target are, found in one pass.
private struct Slashes {
    private(set) var (first, second, third) = (0, 0, 0)
    private(set) var count = 0
    private(set) var hasQuery = false

    init(_ target: String) {
        var place = 0
        _ = target.everyByte { byte in
            if byte == UInt8(ascii: "/") { add(place) }
            hasQuery = hasQuery || byte == UInt8(ascii: "?")
            place += 1
            return true
        }
    }

    private mutating func add(_ place: Int) {
        switch count {
        case 0: first = place
        case 1: second = place
        case 2: third = place
        default: break
        }
        count += 1
    }
}
