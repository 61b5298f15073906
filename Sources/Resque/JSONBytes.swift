/// JSON being written, as bytes, because a job that is spliced in need not be UTF-8. Members stand in the order they
/// are written, as the programs that read them show them.
package struct JSONBytes {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    package init(_ json: [UInt8]) {
        bytes = json
    }

    package mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    package mutating func raw(_ json: [UInt8]) { bytes.append(contentsOf: json) }

    package mutating func raw(_ json: ArraySlice<UInt8>) { bytes.append(contentsOf: json) }

    /// Appends `"name":` and a comma before it where one is due.
    package mutating func name(_ name: String) {
        if let last = bytes.last, last != UInt8(ascii: "{"), last != UInt8(ascii: ",") {
            bytes.append(UInt8(ascii: ","))
        }
        string(name)
        bytes.append(UInt8(ascii: ":"))
    }

    package mutating func member(_ name: String, _ value: String) {
        self.name(name)
        string(value)
    }

    /// Appends a string with the escapes of JavaScript's `JSON.stringify`, so that node finds a job by its bytes.
    package mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { unsafe characters($0) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends what stands between the quotes of such a string, from the text's UTF-8.
    package mutating func characters(_ text: [UInt8]) {
        unsafe text.withUnsafeBufferPointer { unsafe characters($0) }
    }

    private mutating func characters(_ text: UnsafeBufferPointer<UInt8>) {
        var special = 0
        for index in text.indices { special &+= unsafe Self.isPlain(text[index]) ? 0 : 1 }
        guard special > 0 else { return unsafe bytes.append(contentsOf: text) }
        // An event's own JSON comes through here, with many quotes: appended one by one they would take three times as
        // long. The longest escape is \u0000.
        bytes += unsafe [UInt8](unsafeUninitializedCapacity: text.count + special * 5) { escaped, count in
            var place = 0
            for index in text.indices {
                let byte = unsafe text[index]
                if !Self.isPlain(byte) {
                    unsafe escaped[place] = UInt8(ascii: "\\")
                    place &+= 1
                    guard byte >= 0x20 else {
                        for digit in Self.escape(byte) {
                            unsafe escaped[place] = digit
                            place &+= 1
                        }
                        continue
                    }
                }
                unsafe escaped[place] = byte
                place &+= 1
            }
            count = place
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// What stands behind the backslash for a control character.
    private static func escape(_ byte: UInt8) -> String.UTF8View {
        switch byte {
        case 0x08: "b".utf8
        case 0x09: "t".utf8
        case 0x0a: "n".utf8
        case 0x0c: "f".utf8
        case 0x0d: "r".utf8
        default: ((byte < 0x10 ? "u000" : "u00") + String(byte, radix: 16)).utf8
        }
    }

    /// The text of a JSON string, quotes and all, that a ``JSONScanner`` has passed.
    package static func text(of json: ArraySlice<UInt8>) -> String? {
        let quoted = json.dropFirst().dropLast()
        if quoted.isASCII(without: UInt8(ascii: "\\")) { return String(decoding: quoted, as: UTF8.self) }
        return characters(of: json).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// Its characters as UTF-8, if the string's bytes are; nil where half a surrogate pair is escaped in it.
    package static func characters(of json: ArraySlice<UInt8>) -> [UInt8]? {
        let quoted = json.dropFirst().dropLast()
        guard var escape = quoted.firstIndex(of: UInt8(ascii: "\\")) else { return Array(quoted) }
        var (plain, characters) = (quoted.startIndex, [UInt8]())
        characters.reserveCapacity(quoted.count)
        while true {
            characters += quoted[plain..<escape]
            guard let place = unescape(quoted, after: escape + 1, into: &characters) else { return nil }
            plain = place
            guard let next = quoted[plain...].firstIndex(of: UInt8(ascii: "\\")) else { break }
            escape = next
        }
        return characters + quoted[plain...]
    }

    /// Appends what the escape at this place, behind its backslash, means; returns the place behind it.
    private static func unescape(_ json: ArraySlice<UInt8>, after place: Int, into characters: inout [UInt8]) -> Int? {
        guard place < json.endIndex else { return nil }
        switch json[place] {
        case UInt8(ascii: "b"): characters.append(0x08)
        case UInt8(ascii: "t"): characters.append(0x09)
        case UInt8(ascii: "n"): characters.append(0x0a)
        case UInt8(ascii: "f"): characters.append(0x0c)
        case UInt8(ascii: "r"): characters.append(0x0d)
        case UInt8(ascii: "u"):
            guard let unit = unit(json, at: place + 1) else { return nil }
            if let scalar = Unicode.Scalar(unit), let bytes = UTF8.encode(scalar) {
                characters.append(contentsOf: bytes)
                return place + 5
            }
            guard unit < 0xdc00, json[(place + 5)...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]),
                let low = Self.unit(json, at: place + 7), (0xdc00..<0xe000).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xd800) << 10 + (UInt32(low) - 0xdc00)),
                let bytes = UTF8.encode(scalar)
            else { return nil }
            characters.append(contentsOf: bytes)
            return place + 11
        case let byte: characters.append(byte)
        }
        return place + 1
    }

    private static func unit(_ json: ArraySlice<UInt8>, at place: Int) -> UInt16? {
        guard place + 4 <= json.endIndex else { return nil }
        return UInt16(String(decoding: json[place..<(place + 4)], as: UTF8.self), radix: 16)
    }
}

extension ArraySlice<UInt8> {
    /// Whether all bytes are ASCII, and none of them this one: most texts are, and `String(validating:)` takes long to
    /// see it.
    func isASCII(without exception: UInt8? = nil) -> Bool {
        unsafe withUnsafeBufferPointer { bytes in
            var others = 0
            for place in bytes.indices { others &+= unsafe bytes[place] >= 0x80 || bytes[place] == exception ? 1 : 0 }
            return others == 0
        }
    }
}
