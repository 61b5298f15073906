import BgdemoFoundations

/// W3C Trace Context, level 1, section 3.2: `00-<trace id>-<parent id>-<flags>`, in small hexadecimal digits.
struct TraceParent: Sendable, Hashable {
    /// 16 bytes; not all of them 0.
    let traceID: (high: UInt64, low: UInt64)
    /// Of the parent; not 0.
    let spanID: UInt64
    let isSampled: Bool

    init(traceID: (high: UInt64, low: UInt64), spanID: UInt64, isSampled: Bool) {
        (self.traceID, self.spanID, self.isSampled) = (traceID, spanID, isSampled)
    }

    /// nil where the text is none. Of a later version what is known of this one counts.
    init?(_ text: String) {
        let bytes = Array(text.utf8.prefix(56))
        let dash = UInt8(ascii: "-")
        guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = Self.number(bytes[0..<2]), version != 0xff,
            version == 0 ? text.utf8.count == 55 : bytes.count == 55 || bytes[55] == dash,
            let high = Self.number(bytes[3..<19]), let low = Self.number(bytes[19..<35]), high | low != 0,
            let spanID = Self.number(bytes[36..<52]), spanID != 0, let flags = Self.number(bytes[53..<55])
        else { return nil }
        self.init(traceID: (high, low), spanID: spanID, isSampled: flags & 1 == 1)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for digit in digits {
            switch digit {
            case 0x30...0x39: number = number << 4 | UInt64(digit - 0x30)
            case 0x61...0x66: number = number << 4 | UInt64(digit - 0x57)
            default: return nil
            }
        }
        return number
    }

    /// Written in one piece: it is made for each message, also where the span is not sampled.
    var text: String {
        unsafe String(unsafeUninitializedCapacity: 55) { text in
            var end = 0
            func add(_ bytes: String.UTF8View) {
                for byte in bytes {
                    unsafe text[end] = byte
                    end += 1
                }
            }
            func add(_ number: UInt64) {
                for place in 0..<16 {
                    unsafe text[end] = number.hexadecimalDigit(place)
                    end += 1
                }
            }
            add("00-".utf8)
            add(traceID.high)
            add(traceID.low)
            add("-".utf8)
            add(spanID)
            add((isSampled ? "-01" : "-00").utf8)
            return end
        }
    }

    var traceIDText: String { traceID.high.hexadecimal + traceID.low.hexadecimal }

    static func == (one: TraceParent, other: TraceParent) -> Bool {
        one.traceID == other.traceID && one.spanID == other.spanID && one.isSampled == other.isSampled
    }

    func hash(into hasher: inout Hasher) { hasher.combine(spanID) }
}

extension UInt64 {
    /// 16 digits.
    var hexadecimal: String {
        unsafe String(unsafeUninitializedCapacity: 16) { digits in
            for place in 0..<16 { unsafe digits[place] = hexadecimalDigit(place) }
            return 16
        }
    }

    /// One of the 16, the highest first.
    fileprivate func hexadecimalDigit(_ place: Int) -> UInt8 {
        let digit = UInt8(truncatingIfNeeded: self >> (UInt64(15 - place) * 4)) & 15
        return digit < 10 ? 0x30 + digit : 0x57 + digit
    }
}
