/// A message, or a part of one: header fields, an empty line, a body (RFC 5322, RFC 2045). Read leniently, since
/// whatever came is to be shown: a line may end with LF alone, and no header is too broken.
struct MIMEPart {
    private let lines: [ArraySlice<UInt8>]
    let rest: ArraySlice<UInt8>

    /// Of an endless header only this much is looked at.
    private static let longestHeader = 256 << 10
    /// Parts in parts, and parts of one.
    static let deepest = 8
    static let mostParts = 100

    init(_ bytes: ArraySlice<UInt8>) {
        var lines: [ArraySlice<UInt8>] = []
        var place = bytes.startIndex
        let limit = bytes.prefix(Self.longestHeader).endIndex
        while place < limit {
            let end = bytes[place..<limit].firstIndex(of: 0x0a) ?? limit
            let line = bytes[place..<end].last == 0x0d ? bytes[place..<(end - 1)] : bytes[place..<end]
            place = min(end + 1, bytes.endIndex)
            if line.isEmpty { break }
            lines.append(line)
        }
        self.lines = lines
        rest = bytes[place...]
    }

    /// The header as it stands, for a person.
    var headerText: String {
        lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }

    /// The value of the first field of this name, unfolded, without the blanks around it.
    func field(_ name: String) -> [UInt8]? {
        guard let first = lines.firstIndex(where: { Self.isField($0, name) }) else { return nil }
        var value = Array(lines[first].dropFirst(name.utf8.count + 1))
        for line in lines[(first + 1)...] {
            guard line.first == 0x20 || line.first == 0x09 else { break }
            value.append(contentsOf: line)
        }
        let trimmed = value.drop(while: Self.isBlank)
        return Array(trimmed[..<((trimmed.lastIndex { !Self.isBlank($0) } ?? trimmed.startIndex - 1) + 1)])
    }

    private static func isField(_ line: ArraySlice<UInt8>, _ name: String) -> Bool {
        line.count > name.utf8.count && line[line.startIndex + name.utf8.count] == UInt8(ascii: ":")
            && zip(line, name.utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    // MARK: The text

    /// The first plain text in it, decoded.
    var text: String { text(limit: .max).text }

    /// The text of at most this many encoded bytes, and whether that is all of it.
    func text(limit: Int) -> (text: String, isWhole: Bool) {
        let part = textPart("text/plain", depth: 0) ?? textPart("text/html", depth: 0) ?? self
        let encoded = part.rest.prefix(limit)
        let bytes = TransferEncoding(part.field("Content-Transfer-Encoding") ?? []).decode(encoded)
        let charset = MIMEParameters(part.field("Content-Type") ?? []).parameter("charset") ?? []
        return (CharsetDecoder().decode(bytes, charset), encoded.count == part.rest.count)
    }

    /// The first part of this type that is no attachment, however deep.
    func textPart(_ wanted: String, depth: Int) -> MIMEPart? {
        let type = MIMEParameters(field("Content-Type") ?? [])
        guard type.value.starts(with: "multipart/".utf8) else {
            let isPlain = wanted == "text/plain" && type.value.isEmpty
            return (isPlain || type.value.elementsEqual(wanted.utf8)) && !isAttachment ? self : nil
        }
        guard depth < Self.deepest else { return nil }
        guard let boundary = type.parameter("boundary"), !boundary.isEmpty else { return self }
        for part in Self.split(rest, Array("--".utf8) + boundary) {
            if let text = MIMEPart(part).textPart(wanted, depth: depth + 1) { return text }
        }
        return nil
    }

    var isAttachment: Bool {
        MIMEParameters(field("Content-Disposition") ?? []).value.elementsEqual("attachment".utf8)
    }

    /// What stands between the delimiter lines (RFC 2046, section 5.1.1); the line end before one belongs to it.
    static func split(_ body: ArraySlice<UInt8>, _ delimiter: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var begin: Int?
        var place = body.startIndex
        while place < body.endIndex, parts.count < Self.mostParts {
            let end = body[place...].firstIndex(of: 0x0a) ?? body.endIndex
            if body[place..<end].starts(with: delimiter) {
                if let begin, begin < place {
                    let withoutLF = place - 1
                    let hasCR = withoutLF > begin && body[withoutLF - 1] == 0x0d
                    parts.append(body[begin..<(hasCR ? withoutLF - 1 : withoutLF)])
                }
                let isLast = body[(place + delimiter.count)..<end].starts(with: [UInt8(ascii: "-"), UInt8(ascii: "-")])
                if isLast { return parts }
                begin = min(end + 1, body.endIndex)
            }
            place = min(end + 1, body.endIndex)
        }
        if let begin, begin < body.endIndex { parts.append(body[begin...]) }
        return parts
    }
}
