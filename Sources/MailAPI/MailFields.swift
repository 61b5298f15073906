import BgdemoFoundations
import BgdemoHTTPServer

/// The fields of a mail in the body of a request, as text. Names are compared as bytes. A name twice is refused: one
/// recipient, one mail.
struct MailFields: Sendable {
    private(set) var to: String?
    private(set) var subject: String?
    private(set) var text: String?
    /// Seconds, or a time like `90s`.
    private(set) var delay: String?

    static let advice =
        #"{"to":"you@example.org","subject":"hello","text":"how are you"}, and perhaps "delay":"90s""#

    static func invalid(_ reason: String) -> Problem { Problem(.badRequest, reason, advice: advice) }

    var missing: [String] {
        [("to", to), ("subject", subject), ("text", text)].filter { $0.1 == nil }.map(\.0)
    }

    private mutating func set(_ name: ByteString, _ value: String) throws(Problem) {
        switch name {
        case "to": try Self.set(&to, name, value)
        case "subject": try Self.set(&subject, name, value)
        case "text": try Self.set(&text, name, value)
        case "delay": try Self.set(&delay, name, value)
        default: throw Self.invalid("the body has a field \"\(Self.short(name))\" that is not known here")
        }
    }

    private static func set(_ field: inout String?, _ name: ByteString, _ value: String) throws(Problem) {
        guard field == nil else {
            throw invalid("the body has \"\(short(name))\" twice; one recipient, one mail a request")
        }
        field = value
    }

    private static func short(_ name: ByteString) -> String { printable(name.bytes, limit: 40) }

    // MARK: JSON

    /// The most mails of one request.
    static let mostMails = 100

    /// The elements of a JSON array of mails; nil where the body is no array.
    static func elements(of json: [UInt8]) throws(Problem) -> [[UInt8]]? {
        guard json.first(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }) == UInt8(ascii: "[") else { return nil }
        var elements: [[UInt8]] = []
        do throws(JSONError) {
            var reader = JSONReader(json)
            try reader.beginArray()
            while let element = try reader.nextElement() {
                elements.append(Array(element.raw))
                guard elements.count <= mostMails else { break }
            }
        } catch {
            throw problem(error)
        }
        guard (1...mostMails).contains(elements.count) else {
            throw invalid("an array has 1 to \(mostMails) mails")
        }
        return elements
    }

    /// - Parameter json: An object of strings; `delay` may be a number of seconds.
    init(json: [UInt8]) throws(Problem) {
        var reader = JSONReader(json)
        do throws(JSONError) {
            try reader.beginObject()
        } catch {
            throw Self.problem(error)
        }
        while let (name, value) = try Self.next(&reader) {
            guard let characters = name.characters else { throw Self.invalid("the body is not UTF-8") }
            let name = ByteString(characters)
            guard let text = value.text ?? (name == "delay" ? value.number : nil) else {
                throw Self.invalid("\"\(Self.short(name))\" is not a string")
            }
            try set(name, text)
        }
    }

    private static func next(_ reader: inout JSONReader) throws(Problem) -> JSONReader.Member? {
        do throws(JSONError) {
            return try reader.nextMember()
        } catch {
            throw problem(error)
        }
    }

    private static func problem(_ error: JSONError) -> Problem {
        switch error.code {
        case .notUTF8: invalid("the body is not UTF-8")
        case .wrongKind: invalid("the body is not a JSON object")
        default: invalid("the body is not JSON: \(error)")
        }
    }

    // MARK: Form

    /// - Parameter form: `to=…&subject=…&text=…`, percent-encoded, a `+` for a space
    ///   (<https://url.spec.whatwg.org/#application/x-www-form-urlencoded>).
    init(form: [UInt8]) throws(Problem) {
        // One after another: the first that is not known ends it, however many follow.
        var rest = form[...]
        while !rest.isEmpty {
            let pair = rest.prefix { $0 != UInt8(ascii: "&") }
            rest = rest[pair.endIndex...].dropFirst()
            guard !pair.isEmpty else { continue }
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            try set(ByteString(try Self.decode(name)), try Self.decode(pair[name.endIndex...].dropFirst()))
        }
    }

    private static func decode(_ bytes: ArraySlice<UInt8>) throws(Problem) -> String {
        do throws(PercentDecodingError) {
            return try PercentDecoding.text(bytes, plusIsSpace: true)
        } catch {
            throw invalid("the form is not percent-encoded UTF-8: \(error)")
        }
    }
}
