import BgdemoFoundations

/// Lua's patterns: classes, sets, `* + - ?`, anchors and captures; not `%b` and `%f`.
struct LuaPattern {
    struct Match {
        var range: Range<Int>
        var captures: [Range<Int>]

        /// The captures; the whole where there is none and it is asked for.
        func values(in bytes: [UInt8], whole: Bool) -> [LuaValue] {
            let ranges = captures.isEmpty && whole ? [range] : captures
            return ranges.map { .string(ByteString(bytes[$0])) }
        }
    }

    private let pattern: [UInt8]
    private let isAnchored: Bool

    init(_ pattern: [UInt8]) {
        isAnchored = pattern.first == UInt8(ascii: "^")
        self.pattern = isAnchored ? Array(pattern.dropFirst()) : pattern
    }

    func firstMatch(in bytes: [UInt8], from start: Int) throws -> Match? {
        for place in start...max(start, bytes.count) {
            var matcher = PatternMatcher(bytes: bytes, pattern: pattern)
            if let end = try matcher.match(place, 0) {
                return Match(range: place..<end, captures: matcher.captures.map { $0.lowerBound..<$0.upperBound })
            }
            if isAnchored { break }
        }
        return nil
    }
}

/// One attempt to match a pattern.
private struct PatternMatcher {
    /// More than any text of a script takes.
    private static let stepLimit = 1_000_000

    let bytes: [UInt8]
    let pattern: [UInt8]
    var captures: [Range<Int>] = []
    /// Places in `captures` that are not closed.
    private var open: [Int] = []
    private var steps = 0

    init(bytes: [UInt8], pattern: [UInt8]) {
        (self.bytes, self.pattern) = (bytes, pattern)
    }

    /// - Returns: Where the match ends.
    mutating func match(_ place: Int, _ start: Int) throws -> Int? {
        var (place, part) = (place, start)
        while part < pattern.count {
            steps += 1
            guard steps < Self.stepLimit else { throw LuaError("pattern too complex") }
            switch pattern[part] {
            case UInt8(ascii: "("):
                captures.append(place..<place)
                open.append(captures.count - 1)
                if let end = try match(place, part + 1) { return end }
                captures.removeLast()
                open.removeLast()
                return nil
            case UInt8(ascii: ")"):
                guard let number = open.popLast() else { throw LuaError("invalid pattern capture") }
                let before = captures[number]
                captures[number] = before.lowerBound..<place
                if let end = try match(place, part + 1) { return end }
                captures[number] = before
                open.append(number)
                return nil
            case UInt8(ascii: "$") where part == pattern.count - 1: return place == bytes.count ? place : nil
            default: break
            }
            let end = try endOfClass(part)
            switch pattern[safe: end] {
            case UInt8(ascii: "?"):
                if isMatch(place, part..<end), let end = try match(place + 1, end + 1) { return end }
                part = end + 1
            case UInt8(ascii: "*"), UInt8(ascii: "+"):
                let least = pattern[end] == UInt8(ascii: "+") ? 1 : 0
                var count = 0
                while isMatch(place + count, part..<end) { count += 1 }
                while count >= least {
                    if let end = try match(place + count, end + 1) { return end }
                    count -= 1
                }
                return nil
            case UInt8(ascii: "-"):
                while true {
                    if let end = try match(place, end + 1) { return end }
                    guard isMatch(place, part..<end) else { return nil }
                    place += 1
                }
            default:
                guard isMatch(place, part..<end) else { return nil }
                (place, part) = (place + 1, end)
            }
        }
        return place
    }

    /// The end of the class or character that begins at `part`.
    private func endOfClass(_ part: Int) throws -> Int {
        if pattern[part] == UInt8(ascii: "%") { return part + 2 }
        guard pattern[part] == UInt8(ascii: "[") else { return part + 1 }
        var end = part + 1
        if pattern[safe: end] == UInt8(ascii: "^") { end += 1 }
        repeat {
            guard end < pattern.count else { throw LuaError("malformed pattern (missing ']')") }
            end += pattern[end] == UInt8(ascii: "%") ? 2 : 1
        } while pattern[safe: end] != UInt8(ascii: "]")
        return end + 1
    }

    private func isMatch(_ place: Int, _ part: Range<Int>) -> Bool {
        guard place < bytes.count, part.upperBound <= pattern.count else { return false }
        let byte = bytes[place]
        switch pattern[part.lowerBound] {
        case UInt8(ascii: "."): return true
        case UInt8(ascii: "%"): return Self.isMember(byte, ofClass: pattern[part.lowerBound + 1])
        case UInt8(ascii: "["): return isMember(byte, ofSet: part.lowerBound + 1..<part.upperBound - 1)
        case let other: return byte == other
        }
    }

    private func isMember(_ byte: UInt8, ofSet set: Range<Int>) -> Bool {
        var place = set.lowerBound
        let isInverted = pattern[place] == UInt8(ascii: "^")
        if isInverted { place += 1 }
        var isMember = false
        while place < set.upperBound {
            if pattern[place] == UInt8(ascii: "%"), place + 1 < set.upperBound {
                if Self.isMember(byte, ofClass: pattern[place + 1]) { isMember = true }
                place += 2
            } else if place + 2 < set.upperBound, pattern[place + 1] == UInt8(ascii: "-") {
                if pattern[place] <= byte, byte <= pattern[place + 2] { isMember = true }
                place += 3
            } else {
                if pattern[place] == byte { isMember = true }
                place += 1
            }
        }
        return isMember != isInverted
    }

    private static func isMember(_ byte: UInt8, ofClass letter: UInt8) -> Bool {
        let isLetter = (0x61...0x7a).contains(byte | 0x20)
        let isMember: Bool? =
            switch letter | 0x20 {
            case UInt8(ascii: "a"): isLetter
            case UInt8(ascii: "d"): byte.isDigit
            case UInt8(ascii: "l"): (0x61...0x7a).contains(byte)
            case UInt8(ascii: "s"): byte == 0x20 || (0x09...0x0d).contains(byte)
            case UInt8(ascii: "u"): (0x41...0x5a).contains(byte)
            case UInt8(ascii: "w"): isLetter || byte.isDigit
            case UInt8(ascii: "x"): byte.isDigit || (0x61...0x66).contains(byte | 0x20)
            case UInt8(ascii: "c"): byte < 0x20 || byte == 0x7f
            case UInt8(ascii: "p"): (0x21...0x7e).contains(byte) && !isLetter && !byte.isDigit
            default: nil
            }
        guard let isMember, (0x61...0x7a).contains(letter | 0x20) else { return byte == letter }
        return letter & 0x20 == 0 ? !isMember : isMember
    }
}
