/// Percent-encoding (RFC 3986, section 2.1), decoded once and strictly.
public enum PercentDecoding {
    /// Whether a decoded text may have control characters.
    public enum Controls: Sendable { case allowed, refused }

    /// The bytes that `text` stands for.
    ///
    /// - Parameter plusIsSpace: As HTML forms have it. Default: a `+` is a plus.
    public static func decode(
        _ text: some Collection<UInt8>, plusIsSpace: Bool = false
    ) throws(PercentDecodingError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var iterator = text.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = iterator.next()?.hexDigitValue, let low = iterator.next()?.hexDigitValue else {
                    throw .invalidEscape
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        return bytes
    }

    /// The UTF-8 text that `text` stands for.
    ///
    /// - Parameters:
    ///   - plusIsSpace: As HTML forms have it. Default: a `+` is a plus.
    ///   - controls: Whether the text may have NUL and other control characters. Default: it may.
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
