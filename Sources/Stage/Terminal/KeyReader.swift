/// The keys in what a terminal sends: several may come at once.
struct KeyReader: Sendable {
    private var bytes: [UInt8] = []

    mutating func add(_ more: some Sequence<UInt8>) { bytes += more }

    /// The next key: one of ASCII as it is, an arrow or a page key as Space or Backspace. Others are left out.
    mutating func next() -> Character? {
        while let first = bytes.first {
            guard first == 0x1b else {
                bytes.removeFirst()
                if first < 0x80 { return Character(Unicode.Scalar(first)) }
                continue
            }
            // ESC [ parameters letter, or ESC O letter.
            guard bytes.count > 1, [UInt8(ascii: "["), UInt8(ascii: "O")].contains(bytes[1]) else {
                bytes.removeFirst()
                continue
            }
            guard let end = bytes.dropFirst(2).firstIndex(where: { (0x40...0x7e).contains($0) }) else {
                bytes.removeAll()
                return nil
            }
            let sequence = String(decoding: bytes[2...end], as: UTF8.self)
            bytes.removeFirst(end + 1)
            switch sequence {
            case "C", "6~": return " "
            case "D", "5~": return "\u{7f}"
            default: break
            }
        }
        return nil
    }
}
