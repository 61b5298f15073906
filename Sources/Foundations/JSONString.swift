/// The characters of JSON's strings (RFC 8259, section 7), and their escapes.
enum JSONString {
    /// What stands between the quotes of a string, without its escapes: UTF-8, if `quoted` is. Nil where half a surrogate
    /// pair is escaped.
    static func unescape(_ quoted: ArraySlice<UInt8>) -> [UInt8]? {
        guard var escape = quoted.firstIndex(of: UInt8(ascii: "\\")) else { return Array(quoted) }
        var (plain, characters) = (quoted.startIndex, [UInt8]())
        characters.reserveCapacity(quoted.count)
        while true {
            characters += quoted[plain..<escape]
            guard let place = unescape(quoted, after: escape + 1, into: &characters) else { return nil }
            plain = place
            guard let next = quoted[plain...].firstIndex(of: UInt8(ascii: "\\")) else { break }
            escape = next
        }
        return characters + quoted[plain...]
    }

    /// Appends what the escape at this place, behind its backslash, means; returns the place behind it.
    private static func unescape(_ json: ArraySlice<UInt8>, after place: Int, into characters: inout [UInt8]) -> Int? {
        guard place < json.endIndex else { return nil }
        switch json[place] {
        case UInt8(ascii: "b"): characters.append(0x08)
        case UInt8(ascii: "t"): characters.append(0x09)
        case UInt8(ascii: "n"): characters.append(0x0a)
        case UInt8(ascii: "f"): characters.append(0x0c)
        case UInt8(ascii: "r"): characters.append(0x0d)
        case UInt8(ascii: "u"):
            guard let (scalar, end) = scalar(json, at: place + 1), let bytes = UTF8.encode(scalar) else { return nil }
            characters.append(contentsOf: bytes)
            return end
        case let byte: characters.append(byte)
        }
        return place + 1
    }

    /// The character of `XXXX`, or of `XXXX\uXXXX` where that is a surrogate pair, and the place behind it.
    static func scalar(_ json: ArraySlice<UInt8>, at place: Int) -> (Unicode.Scalar, end: Int)? {
        guard let unit = unit(json, at: place) else { return nil }
        if let scalar = Unicode.Scalar(unit) { return (scalar, place + 4) }
        guard unit < 0xdc00, json[(place + 4)...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]),
            let low = Self.unit(json, at: place + 6), (0xdc00..<0xe000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xd800) << 10 + (UInt32(low) - 0xdc00))
        else { return nil }
        return (scalar, place + 10)
    }

    static func unit(_ json: ArraySlice<UInt8>, at place: Int) -> UInt16? {
        guard place >= json.startIndex, place + 4 <= json.endIndex else { return nil }
        var unit: UInt16 = 0
        for byte in json[place..<(place + 4)] {
            guard let digit = byte.hexDigitValue else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}

extension [UInt8] {
    /// Where within `range` the characters end that stand for themselves in a JSON string: at a quote, a backslash, a
    /// control character or the range's end.
    func endOfPlainCharacters(in range: Range<Int>) -> Int {
        guard range.upperBound <= count else { return range.lowerBound }
        return unsafe withUnsafeBufferPointer { unsafe $0.endOfPlainCharacters(in: range) }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// The same, of bytes that are there in the whole range.
    func endOfPlainCharacters(in range: Range<Int>) -> Int {
        let bytes = UnsafeRawBufferPointer(self)
        var place = range.lowerBound
        // Eight bytes at a time: the first byte that is wanted has the lowest high bit set (Hacker's Delight, 6-1).
        while place + 8 <= range.upperBound {
            let word = UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            let ends =
                word.bytes(below: 0x20) | (word ^ 0x2222_2222_2222_2222).bytes(below: 1)
                | (word ^ 0x5c5c_5c5c_5c5c_5c5c).bytes(below: 1)
            if ends != 0 { return place + ends.trailingZeroBitCount / 8 }
            place += 8
        }
        while place < range.upperBound, unsafe bytes[place].isPlainInJSON { place += 1 }
        return place
    }
}

extension UInt64 {
    /// The high bit of each byte that is below `bound`, right up to the first such byte.
    fileprivate func bytes(below bound: UInt64) -> UInt64 {
        (self &- bound &* 0x0101_0101_0101_0101) & ~self & 0x8080_8080_8080_8080
    }
}

extension UInt8 {
    /// Whether a JSON string has this byte as it is.
    @inlinable var isPlainInJSON: Bool { self >= 0x20 && self != 0x22 && self != 0x5c }
}

extension ArraySlice<UInt8> {
    /// Whether all bytes are ASCII and none is a backslash: most strings are so, and need no look at each character.
    var isPlainASCII: Bool {
        unsafe withUnsafeBufferPointer { bytes in
            var others: UInt8 = 0
            for place in bytes.indices {
                unsafe others |= bytes[place] & 0x80 | (bytes[place] == UInt8(ascii: "\\") ? 1 : 0)
            }
            return others == 0
        }
    }
}
