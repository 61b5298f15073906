#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
public import BgdemoFoundations
import Synchronization

/// Names one e-mail from the request to the inbox: 26 characters of Crockford's base 32, a ULID
/// (<https://github.com/ulid/spec>), so that ids sort by the time they were made.
///
/// The id goes into the answer, every log line and the `Message-ID`, so that a duplicate is known from another mail.
public struct EmailID: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64

    /// A new id: 48 bits of milliseconds, 16 bits that count up within one, 64 bits that are another process' only
    /// by a chance of one in 2⁶⁴. It is a name and no secret, so the kernel is not asked for each one's random bits.
    ///
    /// Each is greater than the one before in this process, also where the clock is set back or more than 65,536 are made
    /// in one millisecond: these use the next one's numbers.
    public init() {
        let now = UInt64(max(0, Date().timeIntervalSince1970) * 1000) << 16
        var last = Self.last.load(ordering: .relaxed)
        while true {
            let next = max(now, last &+ 1)
            let (exchanged, original) = Self.last.weakCompareExchange(expected: last, desired: next, ordering: .relaxed)
            if exchanged {
                high = next
                break
            }
            last = original
        }
        low = SeededRandom.finalize(Self.seed ^ high)
    }

    private static let seed = UInt64.random(in: .min ... .max)

    /// When the id was made, in milliseconds since 1970. Of a digested id it has no meaning.
    public var milliseconds: UInt64 { high >> 16 }

    /// The id that `text` spells, or nil where it spells none.
    public init?(_ text: String) {
        guard text.utf8.count == 26 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        let isID = text.everyByte { byte in
            guard let digit = byte.crockfordDigitValue, high >> 59 == 0 else { return false }
            high = (high << 5) | (low >> 59)
            low = (low << 5) | UInt64(digit)
            return true
        }
        guard isID else { return nil }
        (self.high, self.low) = (high, low)
    }

    /// The id of bytes that have none, which is the same in every process.
    public init(digesting bytes: some Sequence<UInt8>) {
        // FNV-1a, twice with two offsets. It is a name and no secret.
        var high: UInt64 = 0xcbf2_9ce4_8422_2325
        var low: UInt64 = 0x84222325_cbf29ce4
        for byte in bytes {
            high = (high ^ UInt64(byte)) &* 0x100_0000_01b3
            low = (low ^ UInt64(byte ^ 0x5a)) &* 0x100_0000_01b3
        }
        (self.high, self.low) = (high, low)
    }

    private static let last = Atomic<UInt64>(0)
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
}

extension EmailID: CustomStringConvertible {
    public var description: String {
        unsafe String(unsafeUninitializedCapacity: Self.length) { unsafe write(into: $0) }
    }

    private static let length = 26

    /// - Returns: How many bytes were written.
    fileprivate func write(into digits: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let alphabet = Self.alphabet
        var (high, low) = (high, low)
        for place in stride(from: Self.length - 1, through: 0, by: -1) {
            unsafe digits[place] = alphabet[Int(low & 31)]
            low = (low >> 5) | (high << 59)
            high >>= 5
        }
        return Self.length
    }

    fileprivate func withDigits(_ body: (Span<UInt8>) -> Void) {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.length) { digits in
            _ = unsafe write(into: digits)
            body(unsafe Span(_unsafeElements: digits))
        }
    }
}

extension JSONWriter {
    /// Appends an id as a string, without one being made.
    public mutating func string(_ id: EmailID) { id.withDigits { string($0) } }

    /// Appends an id as a string, without one being made.
    public mutating func member(_ name: String, _ id: EmailID) {
        self.name(name)
        string(id)
    }
}
