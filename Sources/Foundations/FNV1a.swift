/// The hash FNV-1a of 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>), the same in every process, which `Hasher`
/// is not. A sender can choose bytes so that two hashes are equal: no proof.
public enum FNV1a {
    @inlinable public static var offsetBasis: UInt64 { 0xcbf2_9ce4_8422_2325 }

    @inlinable public static func hash(_ bytes: some Sequence<UInt8>, from basis: UInt64 = offsetBasis) -> UInt64 {
        var hash = basis
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }
}
