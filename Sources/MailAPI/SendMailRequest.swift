import BgdemoEmail
import BgdemoFoundations
import BgdemoHTTPServer
import NIOCore

/// What a client asks for: a mail, and perhaps when.
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
        self = try Self.body(request)
    }

    init(_ email: Email, after delay: Duration?) { (self.email, self.delay) = (email, delay) }

    init(_ fields: MailFields) throws(Problem) {
        guard let to = fields.to, let subject = fields.subject, let text = fields.text else {
            throw MailFields.invalid("the body lacks \(fields.missing.joined(separator: " and "))")
        }
        email = try MailPath.email(to: to, subject: subject, text: text, advice: MailFields.advice)
        delay = try fields.delay.map { text throws(Problem) in try Self.delay(text) }
    }

    private static func delay(_ text: String) throws(Problem) -> Duration {
        // The longest that is short enough has 8 digits, and no text is worth reading that is much longer.
        guard text.utf8.count <= 40, let delay = Duration(text: text), delay <= .seconds(366 * 86_400) else {
            throw MailFields.invalid(
                "the delay is not a time of at most a year; send seconds, or a time like \"90s\", \"10m\", \"2h\"")
        }
        return delay
    }

    /// The mails of a body that is a JSON array, each as JSON; nil where the request is for one mail.
    static func batch(_ request: HTTPRequest) throws(Problem) -> [[UInt8]]? {
        guard request.method == .post, MediaType(request.fields.contentType ?? "") == .json else { return nil }
        return try MailFields.elements(of: Array(request.body.readableBytesView))
    }

    private static func body(_ request: HTTPRequest) throws(Problem) -> SendMailRequest {
        let bytes = Array(request.body.readableBytesView)
        switch MediaType(request.fields.contentType ?? "") {
        case .json: return try SendMailRequest(MailFields(json: bytes))
        case .form: return try SendMailRequest(MailFields(form: bytes))
        case nil:
            throw Problem(
                .unsupportedMediaType, "the body's Content-Type is not one that is read here",
                advice: "Content-Type: application/json, or application/x-www-form-urlencoded, in UTF-8")
        }
    }
}

/// The two forms of a body.
private enum MediaType {
    case json, form

    /// - Parameter text: A Content-Type (RFC 9110, section 8.3.1). Of its parameters only `charset` counts, which has to
    ///   be UTF-8.
    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: ";")).map { Substring($0).trimmingBlanks() }
        let isUTF8 = parts.dropFirst().allSatisfy { parameter in
            let lower = parameter.asciiLowercased()
            return !lower.hasBytePrefix("charset=") || lower.hasSameBytes(as: "charset=utf-8")
                || lower.hasSameBytes(as: "charset=\"utf-8\"")
        }
        guard isUTF8, let type = parts.first else { return nil }
        if type.equalsIgnoringASCIICase("application/json") {
            self = .json
        } else if type.equalsIgnoringASCIICase("application/x-www-form-urlencoded") {
            self = .form
        } else {
            return nil
        }
    }
}
