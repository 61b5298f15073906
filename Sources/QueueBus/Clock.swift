#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the machine knows: the time, a random name, its own.
enum Clock {
    /// Seconds since 1970.
    static var now: Int { Int(Date().timeIntervalSince1970) }

    static var hostname: String { ProcessInfo.processInfo.hostName }

    /// As Ruby's `SecureRandom.uuid` spells one: RFC 9562's version 4, in small letters. `UUID.uuidString` would take
    /// longer for it than all else takes that publishing an event is.
    static var uuid: String {
        let bytes = UUID().uuid
        let high = [bytes.0, bytes.1, bytes.2, bytes.3, bytes.4, bytes.5, bytes.6, bytes.7]
        let low = [bytes.8, bytes.9, bytes.10, bytes.11, bytes.12, bytes.13, bytes.14, bytes.15]
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (place, byte) in (high + low).enumerated() {
            if place == 4 || place == 6 || place == 8 || place == 10 { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
