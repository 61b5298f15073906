#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// RFC 4648's base 64, with padding and without line ends.
public enum Base64 {
    public static func encode(_ bytes: some Collection<UInt8>) -> String { Data(bytes).base64EncodedString() }

    /// Nil where `text` is not base 64: another character, a line end, missing padding.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        Data(base64Encoded: Data(text)).map { Array($0) }
    }

    /// Nil where `text` is not base 64: another character, a line end, missing padding.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? { decode(text.utf8) }
}
