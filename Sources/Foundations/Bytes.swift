extension Collection<UInt8> {
    /// Whether no byte is above 0x7f.
    @inlinable public var isASCII: Bool {
        // Counted without a branch, which compilers turn into vector code.
        withContiguousStorageIfAvailable { bytes in
            var bits: UInt8 = 0
            for index in bytes.indices { unsafe bits |= bytes[index] }
            return bits < 0x80
        } ?? allSatisfy { $0 < 0x80 }
    }

    /// Whether the bytes are UTF-8 (RFC 3629).
    public var isValidUTF8: Bool { isASCII || String(validating: self, as: UTF8.self) != nil }

    /// Whether these are the bytes of `text`.
    @inlinable func isEqual(to text: StaticString) -> Bool {
        text.withUTF8Buffer { unsafe count == $0.count && elementsEqual($0) }
    }
}

extension [UInt8] {
    /// Whether the bytes of `text` stand at `place`.
    func has(_ text: StaticString, at place: Int) -> Bool {
        text.withUTF8Buffer { text in
            guard text.count <= count - place else { return false }
            return text.indices.allSatisfy { unsafe self[place + $0] == text[$0] }
        }
    }
}

extension RandomAccessCollection<UInt8> {
    /// Where `other` stands first; nil where it does not.
    @inlinable public func firstRange(ofBytes other: some RandomAccessCollection<UInt8>) -> Range<Index>? {
        guard let first = other.first else { return startIndex..<startIndex }
        var rest = self[...]
        while rest.count >= other.count, let start = rest.firstIndex(of: first) {
            rest = rest[start...]
            if rest.starts(with: other) { return start..<index(start, offsetBy: other.count) }
            rest = rest.dropFirst()
        }
        return nil
    }
}
