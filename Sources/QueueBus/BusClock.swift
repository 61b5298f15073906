import BgdemoFoundations
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The time, random ids, and the name of this host.
enum BusClock {
    /// Seconds since 1970.
    static var now: Int { Int(Date().timeIntervalSince1970) }

    static var hostname: String { ProcessInfo.processInfo.hostName }

    /// A version 4 UUID (RFC 9562) in small letters, as Ruby's `SecureRandom.uuid` writes it. It is an id, not a secret:
    /// `UUID()` asks the system for each, which takes longer than the rest of publishing an event.
    static var uuid: String {
        let number = numbers.wrappingAdd(1, ordering: .relaxed).newValue
        let high = SeededRandom.mix(seed.high &+ number) & 0xffff_ffff_ffff_0fff | 0x4000
        let low = SeededRandom.mix(seed.low &+ number) & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for digit in 0..<32 {
            if digit == 8 || digit == 12 || digit == 16 || digit == 20 { text.append(UInt8(ascii: "-")) }
            let value = UInt8(truncatingIfNeeded: (digit < 16 ? high : low) >> (60 - 4 * (digit & 15))) & 15
            text.append(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Two processes have the same seed in one of 2¹²⁸ cases.
    private static let seed = (high: UInt64.random(in: 0 ... .max), low: UInt64.random(in: 0 ... .max))
    private static let numbers = Atomic<UInt64>(0)
}
