/// CRC-32 (ISO 3309, the one of zip and PNG): tells a record that was written whole from one that was not.
enum Checksum {
    static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var crc = ~UInt32(0)
        for byte in bytes { crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ (crc >> 8) }
        return ~crc
    }

    private static let table = (UInt32(0)..<256).map { place in
        (0..<8).reduce(place) { crc, _ in crc & 1 == 1 ? 0xedb8_8320 ^ (crc >> 1) : crc >> 1 }
    }
}
