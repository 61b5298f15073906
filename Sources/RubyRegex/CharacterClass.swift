/// The characters that one place of an expression matches: `a`, `\w`, `[^a-z[:digit:]]`.
///
/// ASCII is looked up in a bitmap. Other characters are searched in sorted ranges, or by their Unicode properties.
struct CharacterClass: Sendable {
    static let asciiEnd: UInt32 = 0x80
    static let word = CharacterClass(.property(.word))

    /// What a lookup of a character beyond ASCII costs, in steps of a match.
    let cost: Int
    private let members: CharacterSet
    /// The characters below 64, and those from 64 to 127.
    private let bitmap: (low: UInt64, high: UInt64)

    init(_ members: CharacterSet) {
        self.members = members
        cost = members.cost
        var bitmap: (low: UInt64, high: UInt64) = (0, 0)
        for value in 0..<Self.asciiEnd where members.contains(value) {
            if value < 64 { bitmap.low |= 1 << UInt64(value) } else { bitmap.high |= 1 << UInt64(value - 64) }
        }
        self.bitmap = bitmap
    }

    func contains(_ value: UInt32) -> Bool {
        if value < 64 { return bitmap.low >> UInt64(value) & 1 == 1 }
        if value < Self.asciiEnd { return bitmap.high >> UInt64(value - 64) & 1 == 1 }
        return members.contains(value)
    }
}
