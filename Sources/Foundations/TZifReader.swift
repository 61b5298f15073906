/// Reads a file of the time zone database (TZif, RFC 9636, section 3). Leap seconds are left out, as in POSIX time.
struct TZifReader {
    private static let headerLength = 44
    private static let changeLimit = 10_000

    private var rest: ArraySlice<UInt8>

    init?(_ bytes: [UInt8]) { rest = bytes[...] }

    /// The offset before the first change, the changes, and the footer: a rule for the time after them. Nil where the bytes
    /// are no such file.
    mutating func read() -> (first: Int, changes: [(second: Int, offset: Int)], footer: String?)? {
        guard let old = readHeader() else { return nil }
        if old.version == 0 { return readBlock(old, timeLength: 4).map { ($0.first, $0.changes, nil) } }
        // The block of version 1 has times of 32 bits, and stands again after it with 64.
        guard skip(old.length(ofTime: 4)), let header = readHeader(), let block = readBlock(header, timeLength: 8)
        else {
            return nil
        }
        let footer = rest.dropFirst().prefix { $0 != UInt8(ascii: "\n") }
        return (block.first, block.changes, footer.isEmpty ? nil : String(decoding: footer, as: UTF8.self))
    }

    private struct Header {
        let version: UInt8
        let utcMarks, standardMarks, leapSeconds, times, types, characters: Int

        /// The length of the block in bytes.
        func length(ofTime timeLength: Int) -> Int {
            times * (timeLength + 1) + types * 6 + characters + leapSeconds * (timeLength + 4) + standardMarks
                + utcMarks
        }
    }

    private mutating func readHeader() -> Header? {
        guard let bytes = take(Self.headerLength), bytes.starts(with: "TZif".utf8) else { return nil }
        let counts = (0..<6).map { Self.number(bytes.dropFirst(20 + $0 * 4).prefix(4)) }
        guard counts.allSatisfy({ 0...Self.changeLimit ~= $0 }) else { return nil }
        return Header(
            version: bytes[bytes.startIndex + 4], utcMarks: counts[0], standardMarks: counts[1], leapSeconds: counts[2],
            times: counts[3], types: counts[4], characters: counts[5])
    }

    private mutating func readBlock(
        _ header: Header, timeLength: Int
    ) -> (first: Int, changes: [(second: Int, offset: Int)])? {
        let remaining = header.length(ofTime: timeLength) - header.times * (timeLength + 1) - header.types * 6
        guard let times = take(header.times * timeLength), let indices = take(header.times),
            let types = take(header.types * 6), skip(remaining)
        else { return nil }
        let offsets = (0..<header.types).map { Self.number(types.dropFirst($0 * 6).prefix(4)) }
        guard let first = offsets.first, offsets.allSatisfy({ abs($0) < 100_000 }) else { return nil }
        var changes: [(second: Int, offset: Int)] = []
        for (place, index) in indices.enumerated() {
            guard Int(index) < offsets.count else { return nil }
            let second = Self.number(times.dropFirst(place * timeLength).prefix(timeLength))
            guard changes.last.map({ $0.second < second }) ?? true else { return nil }
            changes.append((second, offsets[Int(index)]))
        }
        return (first, changes)
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private mutating func skip(_ count: Int) -> Bool { take(count) != nil }

    /// A number in two's complement, its highest byte first, of 4 or 8 bytes.
    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        let negative = (bytes.first ?? 0) >= 0x80
        return bytes.reduce(negative ? -1 : 0) { $0 << 8 | Int($1) }
    }
}
