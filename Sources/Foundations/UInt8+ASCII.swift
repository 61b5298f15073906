extension UInt8 {
    /// `A` to `Z` in lower case, any other byte as it is.
    @inlinable public var asciiLowercased: UInt8 { self >= 0x41 && self <= 0x5a ? self | 0x20 : self }

    /// `a` to `z` in upper case, any other byte as it is.
    @inlinable public var asciiUppercased: UInt8 { self >= 0x61 && self <= 0x7a ? self & 0xdf : self }

    @inlinable public var isASCIIDigit: Bool { self >= 0x30 && self <= 0x39 }

    @inlinable public var isASCIILetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7a }

    /// The value of a digit of Crockford's base 32 of either case, which has no `i`, `l`, `o` and `u`; nil for any other
    /// byte.
    @inlinable public var crockfordDigitValue: UInt8? {
        switch asciiLowercased {
        case 0x30...0x39: self - 0x30
        case 0x61...0x68: asciiLowercased - 0x61 + 10
        case 0x6a, 0x6b: asciiLowercased - 0x6a + 18
        case 0x6d, 0x6e: asciiLowercased - 0x6d + 20
        case 0x70...0x74: asciiLowercased - 0x70 + 22
        case 0x76...0x7a: asciiLowercased - 0x76 + 27
        default: nil
        }
    }

    /// The value of a hexadecimal digit of either case; nil for any other byte.
    @inlinable public var hexDigitValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x37
        case 0x61...0x66: self - 0x57
        default: nil
        }
    }
}
