/// What `String` does by canonical equivalence, done with bytes: see ``ByteString`` for why.
extension StringProtocol {
    /// Whether both are the same UTF-8.
    @inlinable public func hasSameBytes(as other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Whether the UTF-8 begins with that of `prefix`.
    @inlinable public func hasBytePrefix(_ prefix: some StringProtocol) -> Bool { utf8.starts(with: prefix.utf8) }

    /// Whether the UTF-8 ends with that of `suffix`.
    @inlinable public func hasByteSuffix(_ suffix: some StringProtocol) -> Bool {
        utf8.reversed().starts(with: suffix.utf8.reversed())
    }

    /// Whether the UTF-8 of `other` stands somewhere in this.
    public func containsBytes(of other: some StringProtocol) -> Bool {
        Array(utf8).firstRange(ofBytes: Array(other.utf8)) != nil
    }

    /// With `A` to `Z` in lower case. No other character changes: KELVIN SIGN does not become `k`.
    @inlinable public func asciiLowercased() -> String {
        guard utf8.contains(where: { $0 >= 0x41 && $0 <= 0x5a }) else { return String(self) }
        return String(decoding: utf8.lazy.map(\.asciiLowercased), as: UTF8.self)
    }

    /// Whether both are the same but for the case of `A` to `Z`.
    @inlinable public func equalsIgnoringASCIICase(_ other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8) { $0.asciiLowercased == $1.asciiLowercased }
    }

    /// Without blanks and tabs at both ends.
    public func trimmingBlanks() -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        let rest = Array(utf8.drop(while: isBlank))
        return String(decoding: rest.dropLast(rest.reversed().prefix(while: isBlank).count), as: UTF8.self)
    }
}

extension String {
    /// Whether both are the same UTF-8, in a fraction of the time that the views take.
    @inlinable public func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let isSame = unsafe utf8.withContiguousStorageIfAvailable { bytes -> Bool? in
            unsafe other.utf8.withContiguousStorageIfAvailable { other in
                bytes.indices.allSatisfy { unsafe bytes[$0] == other[$0] }
            }
        }
        return (isSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }

    /// The parts one after another, with fewer steps than an interpolation takes: for what is made for each job and each
    /// request.
    public init(joining parts: String...) {
        let count = parts.reduce(0) { $0 + $1.utf8.count }
        unsafe self.init(unsafeUninitializedCapacity: count) { text in
            var place = 0
            func append(_ part: UnsafeBufferPointer<UInt8>) {
                let room = unsafe UnsafeMutableRawBufferPointer(text)[place...]
                unsafe UnsafeMutableRawBufferPointer(rebasing: room).copyMemory(from: UnsafeRawBufferPointer(part))
                place += part.count
            }
            for part in parts {
                unsafe part.utf8.withContiguousStorageIfAvailable(append)
                    ?? Array(part.utf8).withUnsafeBufferPointer(append)
            }
            return place
        }
    }

    /// Whether it is all printable ASCII, as most texts are, so that nothing else need be looked for.
    public var isPrintableASCII: Bool {
        // Counted without a branch, which compilers turn into vector code.
        unsafe utf8.withContiguousStorageIfAvailable { bytes in
            var others: UInt8 = 0
            for index in bytes.indices { unsafe others |= bytes[index] &- 0x20 < 0x5f ? 0 : 1 }
            return others == 0
        } ?? utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
    }

    /// Whether each byte of its UTF-8 is as wanted. Nearly every string lies in one piece, which is read several times as
    /// fast as the view, byte by byte.
    @inlinable public func everyByte(_ isWanted: (UInt8) -> Bool) -> Bool {
        unsafe utf8.withContiguousStorageIfAvailable { bytes in unsafe bytes.allSatisfy(isWanted) }
            ?? utf8.allSatisfy(isWanted)
    }
}

extension StringProtocol {
    /// Whether no more than 30 combining marks follow one another (the Stream-Safe Text Format of UAX #15). A `String`
    /// that is stream-safe is compared and hashed in linear time, whatever else is in it.
    public var isStreamSafe: Bool {
        guard !utf8.isASCII else { return true }
        var marks = 0
        for scalar in unicodeScalars {
            marks = scalar.properties.canonicalCombiningClass == .notReordered ? 0 : marks + 1
            if marks > 30 { return false }
        }
        return true
    }
}
