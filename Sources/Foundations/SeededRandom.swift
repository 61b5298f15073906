/// Random numbers that are the same for the same seed, so that a run can be repeated: SplitMix64 (Steele, Lea, Flood
/// 2014). Not for secrets.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    @usableFromInline var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    @inlinable public mutating func next() -> UInt64 {
        state &+= Self.increment
        return Self.finalize(state)
    }

    /// A generator of its own, whose numbers are others than those that follow here.
    public mutating func split() -> SeededRandom { SeededRandom(seed: Self.mix(next())) }

    /// A number from 0 up to and without 1.
    public mutating func unit() -> Double { Self.unit(next()) }

    /// The number from 0 up to and without 1 that these bits stand for.
    @inlinable public static func unit(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }

    /// The generator's first number for this seed: every bit of the input changes every bit of the output, and no two
    /// inputs have the same.
    @inlinable public static func mix(_ value: UInt64) -> UInt64 { finalize(value &+ increment) }

    /// What the state grows by with each number.
    @inlinable public static var increment: UInt64 { 0x9e37_79b9_7f4a_7c15 }

    /// The last step of SplitMix64.
    @inlinable public static func finalize(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
