/// A set of characters as the parser builds it.
indirect enum CharacterSet: Sendable {
    /// Sorted, without overlap.
    case ranges([ClosedRange<UInt32>])
    case union([CharacterSet])
    case not(CharacterSet)
    /// All characters that differ from these only in case.
    case caseless(CharacterSet)
    case property(UnicodeProperty)

    static let last: UInt32 = 0x10ffff
    static let everything = ranges([0...last])
    static let line = ranges([0x0a...0x0a]).inverted
    // Ruby's \d, \s, \w and \h match only ASCII; [[:…:]] matches all of Unicode.
    static let asciiDigit = ranges([0x30...0x39])
    static let asciiSpace = ranges([0x09...0x0d, 0x20...0x20])
    static let asciiWord = ranges([0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a])
    static let hex = ranges([0x30...0x39, 0x41...0x46, 0x61...0x66])

    static func one(_ scalar: Unicode.Scalar) -> CharacterSet { ranges([scalar.value...scalar.value]) }

    /// The union. Ranges become one sorted list, so that a lookup takes logarithmic time.
    static func any(_ sets: [CharacterSet]) -> CharacterSet {
        var ranges: [ClosedRange<UInt32>] = []
        var others: [CharacterSet] = []
        for set in sets {
            switch set {
            case .ranges(let more): ranges += more
            case .property(let one):
                // The same property again changes nothing.
                let isThere = others.contains { if case .property(let other) = $0 { one == other } else { false } }
                if !isThere { others.append(set) }
            default: others.append(set)
            }
        }
        guard !others.isEmpty else { return .ranges(merged(ranges)) }
        return .union([.ranges(merged(ranges))] + others)
    }

    var inverted: CharacterSet {
        guard case .ranges(let ranges) = self else { return .not(self) }
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { gaps.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= Self.last { gaps.append(next...Self.last) }
        return .ranges(gaps)
    }

    func contains(_ value: UInt32) -> Bool {
        switch self {
        case .ranges(let ranges): return Self.contains(ranges, value)
        case .union(let sets): return sets.contains { $0.contains(value) }
        case .not(let set): return !set.contains(value)
        case .caseless(let set):
            return set.contains(value) || Self.cases(of: value).contains { set.contains($0) }
        case .property(let property): return property.contains(value)
        }
    }

    /// About how many steps of a match a lookup costs.
    var cost: Int {
        switch self {
        case .ranges, .property: 1
        case .union(let sets): sets.reduce(0) { $0 + $1.cost }
        case .not(let set): set.cost
        case .caseless(let set): 10 + 3 * set.cost
        }
    }

    private static func merged(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        ranges.sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { merged, range in
            if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
    }

    private static func contains(_ ranges: [ClosedRange<UInt32>], _ value: UInt32) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if value > ranges[middle].upperBound { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(value)
    }

    private static func cases(of value: UInt32) -> [UInt32] {
        switch value {
        case 0x41...0x5a: return [value + 0x20]
        case 0x61...0x7a: return [value - 0x20]
        case ..<CharacterClass.asciiEnd: return []
        default:
            guard let properties = Unicode.Scalar(value)?.properties else { return [] }
            let texts = [properties.lowercaseMapping, properties.uppercaseMapping]
            return texts.filter { $0.unicodeScalars.count == 1 }.flatMap { $0.unicodeScalars.map(\.value) }
        }
    }
}
