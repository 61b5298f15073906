#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import BgdemoEmail
import BgdemoFoundations
import BgdemoHTTPServer
import NIOCore

/// What a client orders: a mail, and perhaps when.
struct SendMailRequest: Sendable {
    let email: Email
    let delay: Duration?

    /// Reads it from the path of a GET or the body of a POST.
    init(_ request: HTTPRequest) throws(Problem) {
        guard request.method == .post else {
            email = try MailPath.email(request.target)
            delay = nil
            return
        }
        let fields = try Self.fields(request)
        for key in fields.keys where !["to", "subject", "text", "delay"].contains(key) {
            throw Self.wrong("the body has a field \"\(key.prefix(40))\" that is not known here")
        }
        guard let to = fields["to"], let subject = fields["subject"], let text = fields["text"] else {
            let missing = ["to", "subject", "text"].filter { fields[$0] == nil }
            throw Self.wrong("the body lacks \(missing.joined(separator: " and "))")
        }
        email = try MailPath.email(to: to, subject: subject, text: text, advice: Self.advice)
        delay = try fields["delay"].map { text throws(Problem) in try Self.delay(text) }
    }

    private static func delay(_ text: String) throws(Problem) -> Duration {
        guard let delay = Duration(text: text), delay <= .seconds(366 * 86_400) else {
            throw wrong(
                "the delay is not a time of at most a year; send seconds, or a time like \"90s\", \"10m\", \"2h\"")
        }
        return delay
    }

    // MARK: The two forms of a body

    private static func fields(_ request: HTTPRequest) throws(Problem) -> [String: String] {
        let parts = (request.fields.contentType ?? "").lowercased().split(separator: ";")
        let type = parts.first?.trimmingBlanks()
        let isUTF8 = parts.dropFirst().map { $0.trimmingBlanks() }.allSatisfy {
            !$0.hasPrefix("charset=") || ["charset=utf-8", "charset=\"utf-8\""].contains($0)
        }
        let bytes = Array(request.body.readableBytesView)
        switch type {
        case "application/json" where isUTF8: return try json(bytes)
        case "application/x-www-form-urlencoded" where isUTF8: return try form(bytes)
        default:
            throw Problem(
                .unsupportedMediaType, "the body's Content-Type is not one taken here",
                advice: "Content-Type: application/json, or application/x-www-form-urlencoded, in UTF-8")
        }
    }

    private static func json(_ bytes: [UInt8]) throws(Problem) -> [String: String] {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw wrong("the body is not UTF-8") }
        do {
            return try JSONDecoder().decode([String: JSONField].self, from: Data(bytes)).mapValues(\.text)
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw wrong(path.isEmpty ? "the body is not a JSON object" : "\"\(path.prefix(40))\" is not a string")
        } catch {
            throw wrong("the body is not JSON")
        }
    }

    /// RFC 3986 as HTML forms use it: `to=…&subject=…&text=…`, a `+` is a space.
    private static func form(_ bytes: [UInt8]) throws(Problem) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in bytes.split(separator: UInt8(ascii: "&")) {
            let halves = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = text(halves[0]), let value = text(halves.count == 2 ? halves[1] : []) else {
                throw wrong("the form is not percent-encoded UTF-8")
            }
            guard fields.updateValue(value, forKey: key) == nil else {
                throw wrong("the form has \"\(key.prefix(40))\" twice; one recipient, one mail a request")
            }
        }
        return fields
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        MailPath.percentDecoded(bytes, plusIsSpace: true).flatMap { String(validating: $0, as: UTF8.self) }
    }

    private static func wrong(_ reason: String) -> Problem {
        Problem(.badRequest, reason, advice: advice)
    }

    private static let advice =
        #"{"to":"you@example.org","subject":"hello","text":"how are you"}, and perhaps "delay":"90s""#
}

/// A JSON value of an order: a string, or a number of seconds.
private struct JSONField: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if decoder.codingPath.last?.stringValue == "delay", let seconds = try? container.decode(Double.self) {
            text = seconds.description.hasSuffix(".0") ? String(seconds.description.dropLast(2)) : seconds.description
        } else {
            text = try container.decode(String.self)
        }
    }
}

extension Substring {
    fileprivate func trimmingBlanks() -> Substring {
        var rest = self.drop { $0 == " " || $0 == "\t" }
        while rest.last == " " || rest.last == "\t" { rest.removeLast() }
        return rest
    }
}
