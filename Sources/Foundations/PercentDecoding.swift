/// Percent-encoding (RFC 3986, section 2.1), decoded once and strictly.
public enum PercentDecoding {
    /// Whether a decoded text may have control characters.
    public enum Controls: Sendable { case allowed, refused }

    /// The bytes that `text` stands for.
    ///
    /// - Parameter plusIsSpace: As HTML forms have it. Default: a `+` is a plus.
    /// - Throws: ``PercentDecodingError/invalidEscape``.
    public static func decode(
        _ text: some Collection<UInt8>, plusIsSpace: Bool = false
    ) throws(PercentDecodingError) -> [UInt8] {
        // An array's bytes are read several times as fast as those of any collection. Never longer: decoded in place.
        var bytes = Array(text)
        var (place, end) = (0, 0)
        while place < bytes.count {
            var byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "%") {
                guard place + 2 <= bytes.count, let high = bytes[place].hexDigitValue,
                    let low = bytes[place + 1].hexDigitValue
                else { throw .invalidEscape }
                byte = high << 4 | low
                place += 2
            } else if byte == UInt8(ascii: "+"), plusIsSpace {
                byte = 0x20
            }
            bytes[end] = byte
            end += 1
        }
        bytes.removeSubrange(end...)
        return bytes
    }

    /// The UTF-8 text that `text` stands for.
    ///
    /// - Parameters:
    ///   - plusIsSpace: As HTML forms have it. Default: a `+` is a plus.
    ///   - controls: Whether the text may have NUL and other control characters. Default: it may.
    /// - Throws: ``PercentDecodingError``.
    public static func text(
        _ text: some Collection<UInt8>, plusIsSpace: Bool = false, controls: Controls = .allowed
    ) throws(PercentDecodingError) -> String {
        let bytes = try decode(text, plusIsSpace: plusIsSpace)
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
        guard controls == .allowed || decoded.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { throw .controlCharacter }
        return decoded
    }
}

/// What is wrong with a percent-encoded text; never the text, which may be a secret.
public enum PercentDecodingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A `%` is not followed by two hexadecimal digits.
    case invalidEscape
    /// The decoded bytes are not UTF-8.
    case notUTF8
    /// The decoded text has a control character where none may be.
    case controlCharacter

    public var description: String {
        switch self {
        case .invalidEscape: "a % is not followed by two hexadecimal digits"
        case .notUTF8: "the decoded bytes are not UTF-8"
        case .controlCharacter: "the decoded text has a control character"
        }
    }
}
