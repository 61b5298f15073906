import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the machine knows: the time, a random name, its own.
enum BusClock {
    /// Seconds since 1970.
    static var now: Int { Int(Date().timeIntervalSince1970) }

    static var hostname: String { ProcessInfo.processInfo.hostName }

    /// As Ruby's `SecureRandom.uuid` spells one: RFC 9562's version 4, in small letters. A name, no secret: `UUID()` asks
    /// the system for each, which takes longer than all else that publishing an event is.
    static var uuid: String {
        let number = numbers.add(1, ordering: .relaxed).newValue
        let high = mixed(seed.high &+ number) & 0xffff_ffff_ffff_0fff | 0x4000
        let low = mixed(seed.low &+ number) & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for digit in 0..<32 {
            if digit == 8 || digit == 12 || digit == 16 || digit == 20 { text.append(UInt8(ascii: "-")) }
            let value = UInt8(truncatingIfNeeded: (digit < 16 ? high : low) >> (60 - 4 * (digit & 15))) & 15
            text.append(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// By chance another process' only in one of 2¹²² cases.
    private static let seed = (high: UInt64.random(in: 0 ... .max), low: UInt64.random(in: 0 ... .max))
    private static let numbers = Atomic<UInt64>(0)

    /// SplitMix64 (Steele, Lea, Flood 2014): for no two numbers the same.
    private static func mixed(_ number: UInt64) -> UInt64 {
        var z = number &* 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
