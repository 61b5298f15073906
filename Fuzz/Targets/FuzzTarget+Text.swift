import BgdemoEmail
import BgdemoFoundations
import Foundation
import RedisClient

@testable import BgdemoBenchmarking
@testable import BgdemoRubyRegex
@testable import BgdemoSMTPClient

extension FuzzTarget {
    /// Recipients, subjects and texts.
    static func address(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        let texts = parts.map { String(decoding: $0, as: UTF8.self) }
        guard
            let email = try? Email(
                to: texts.first ?? "", subject: texts.dropFirst().first ?? "s", text: texts.last ?? "t")
        else { return }
        precondition(
            !email.to.text.utf8.contains { $0 < 0x20 || $0 == 0x7f }, "an address with a control character")
        precondition(!email.subject.utf8.contains { $0 == 0x0a || $0 == 0x0d || $0 == 0 }, "a subject of two lines")
        let again = try? Email(to: email.to.text, subject: email.subject, text: email.text)
        precondition(again?.to == email.to, "an address that is read as another")
    }

    /// The one JSON reader, beside Foundation's.
    static func json(_ bytes: [UInt8]) {
        guard let value = try? JSONValue(bytes) else {
            precondition((try? JSONObject(bytes)) == nil && (try? JavaScriptJSON.stringify(bytes)) == nil)
            return
        }
        // Foundation has its own limit of depth, and takes no half of a surrogate pair.
        if (try? JSONValue(bytes, limits: shallow)) != nil, !bytes.contains(UInt8(ascii: "\\")), bytes.first != 0 {
            let isTaken = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
            precondition(isTaken || value.hasHugeNumber, "accepted, and refused by Foundation")
        }
        _ = (value.text, value.int, value.double, value.characters, value.members.count, value.elements.count)
        guard let canonical = try? JavaScriptJSON.stringify(bytes) else { preconditionFailure("no canonical form") }
        precondition((try? JavaScriptJSON.stringify(canonical)) == canonical, "two canonical forms")
        _ = try? JSONReader.decode([String: [Int]].self, from: bytes)
        if let text = String(validating: bytes, as: UTF8.self) {
            for escapes in [JSONWriter.Escapes.required, .printable] {
                var json = JSONWriter(escapes: escapes)
                json.string(text)
                precondition((try? JSONValue(json.bytes))?.characters == bytes, "written and read as another")
            }
        }
    }

    private static let shallow: JSONReader.Limits = {
        var limits = JSONReader.Limits()
        limits.depth = 100
        return limits
    }()

    /// Ruby's regular expressions: the first line is the pattern, the rest the text.
    static func pattern(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0x0a, maxSplits: 1, omittingEmptySubsequences: false)
        let pattern = String(decoding: parts.first ?? [], as: UTF8.self)
        let text = String(decoding: parts.count > 1 ? parts[1] : [], as: UTF8.self)
        guard let regex = try? RubyRegex(pattern) else { return }
        _ = regex.matches(text)
    }

    /// Foreign text on its way to a terminal.
    static func printable(_ bytes: [UInt8]) {
        for shown in [
            BgdemoFoundations.printable(bytes), BgdemoFoundations.printable(bytes, limit: 10),
            BgdemoFoundations.printable(String(decoding: bytes, as: UTF8.self)),
        ] {
            precondition(shown.unicodeScalars.allSatisfy { !$0.isUnprintable }, "not printable")
        }
        let html = HTMLEscaping.escape(String(decoding: bytes, as: UTF8.self))
        precondition(!html.utf8.contains { "<>\"'".utf8.contains($0) }, "markup")
        let text = ByteString(bytes)
        precondition(
            text.asciiLowercased().equalsIgnoringASCIICase(text) && text.firstRange(of: text) == 0..<text.count)
        _ = (Base64.decode(bytes), try? PercentDecoding.text(bytes), Duration(text: text.text))
    }

    /// The URLs of the command line.
    static func url(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let parts = try? URLParts(text) {
            precondition(parts.password?.unicodeScalars.contains { $0.properties.generalCategory == .control } != true)
        }
        _ = try? RedisURL(text)
        _ = try? SMTPServer(url: text, secret: .password("p"), user: "u")
        _ = try? Target(url: text)
    }
}

extension JSONValue {
    /// Whether a number in it is past what Foundation reads.
    fileprivate var hasHugeNumber: Bool {
        switch kind {
        case .number: double == nil || raw.count > 15
        case .array: elements.contains { $0.hasHugeNumber }
        case .object: members.contains { $0.value.hasHugeNumber }
        default: false
        }
    }
}
