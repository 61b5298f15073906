/// Text from outside, compared, hashed, ordered and searched as bytes.
///
/// `String` compares by canonical equivalence (UAX #15), which takes time in the square of the length of a run of
/// combining marks: 62 KB of them take seconds. Bytes take linear time, and two spellings are equal only where they are
/// the same bytes, as in Redis, HTTP, SMTP and the programs at the other end.
public struct ByteString: Sendable, Hashable {
    /// The bytes, UTF-8 or not.
    public let bytes: [UInt8]

    /// The UTF-8 of `text`.
    @inlinable public init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

    /// These bytes, which need not be UTF-8.
    @inlinable public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// These bytes, which need not be UTF-8.
    @inlinable public init(_ bytes: some Collection<UInt8>) { self.bytes = Array(bytes) }

    /// The bytes as text; invalid UTF-8 becomes U+FFFD.
    @inlinable public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The bytes as text; nil where they are not UTF-8.
    public var validText: String? { bytes.isASCII ? text : String(validating: bytes, as: UTF8.self) }

    /// Whether the bytes begin with those of `prefix`.
    @inlinable public func hasPrefix(_ prefix: ByteString) -> Bool { bytes.starts(with: prefix.bytes) }

    /// Whether the bytes end with those of `suffix`.
    @inlinable public func hasSuffix(_ suffix: ByteString) -> Bool {
        bytes.suffix(suffix.count).elementsEqual(suffix.bytes)
    }

    /// Whether the bytes of `other` stand somewhere in these.
    public func contains(_ other: ByteString) -> Bool { firstRange(of: other) != nil }

    /// Where the bytes of `other` stand first; nil where they do not. In time that is linear in practice and at most the
    /// product of both lengths.
    public func firstRange(of other: ByteString) -> Range<Int>? {
        bytes.firstRange(ofBytes: other.bytes)
    }

    /// With `A` to `Z` in lower case. No other character changes: KELVIN SIGN does not become `k`.
    @inlinable public func asciiLowercased() -> ByteString { ByteString(bytes.map(\.asciiLowercased)) }

    /// Whether both are the same but for the case of `A` to `Z`.
    @inlinable public func equalsIgnoringASCIICase(_ other: ByteString) -> Bool {
        count == other.count && bytes.elementsEqual(other.bytes) { $0.asciiLowercased == $1.asciiLowercased }
    }

    /// Matches a literal without making a `ByteString` of it: `switch name { case "class": … }`.
    @inlinable public static func ~= (pattern: StaticString, value: ByteString) -> Bool {
        value.bytes.isEqual(to: pattern)
    }
}

extension ByteString: RandomAccessCollection {
    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { bytes.count }
    @inlinable public subscript(position: Int) -> UInt8 { bytes[position] }
    @inlinable public func withContiguousStorageIfAvailable<Result>(
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result? {
        unsafe try bytes.withContiguousStorageIfAvailable(body)
    }
}

extension ByteString: Comparable {
    /// By the values of the bytes, as `memcmp` and Redis order them.
    @inlinable public static func < (one: ByteString, other: ByteString) -> Bool {
        one.bytes.lexicographicallyPrecedes(other.bytes)
    }
}

extension ByteString: ExpressibleByStringLiteral {
    @inlinable public init(stringLiteral value: StaticString) {
        bytes = value.withUTF8Buffer { unsafe Array($0) }
    }
}

extension ByteString: CustomStringConvertible {
    /// The text, fit for a terminal and a log; see ``printable(_:limit:)``.
    public var description: String { printable(bytes) }
}
