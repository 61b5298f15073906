import NIOCore

/// Status line and fields of an answer, as far as its end is to be found by them (RFC 9112, section 6.3).
struct ResponseHead {
    /// With the empty line.
    private(set) var length = 0
    private(set) var status = 0
    private(set) var keepsAlive = true
    private(set) var contentLength: Int?
    private(set) var isChunked = false

    /// Nil where the empty line has not come.
    init?(_ bytes: ByteBufferView) {
        let parsed = unsafe bytes.withUnsafeBytes { bytes in unsafe Self.parse(bytes) }
        guard let parsed else { return nil }
        self = parsed
    }

    private init() {}

    var isValid: Bool { (100...999).contains(status) && contentLength ?? 0 >= 0 }

    private static func parse(_ bytes: UnsafeRawBufferPointer) -> ResponseHead? {
        var head = ResponseHead()
        var start = 0
        while let end = unsafe bytes[start...].firstIndex(of: 0x0a) {
            let last = unsafe end > start && bytes[end - 1] == 0x0d ? end - 1 : end
            if start == 0 {
                unsafe head.readStatus(bytes[..<last])
            } else if last == start {
                head.length = end + 1
                return head
            } else {
                unsafe head.readField(bytes[start..<last])
            }
            start = end + 1
        }
        return nil
    }

    private mutating func readStatus(_ line: Slice<UnsafeRawBufferPointer>) {
        guard unsafe line.count >= 12, unsafe line.starts(with: "HTTP/1.".utf8) else { return }
        keepsAlive = unsafe line[7] != UInt8(ascii: "0")
        status = unsafe Self.number(line[9..<12]) ?? 0
    }

    private mutating func readField(_ line: Slice<UnsafeRawBufferPointer>) {
        if let value = unsafe Self.value(line, "content-length") {
            contentLength = unsafe Self.number(value) ?? -1
        } else if let value = unsafe Self.value(line, "transfer-encoding") {
            isChunked = unsafe Self.contains(value, "chunked")
        } else if let value = unsafe Self.value(line, "connection") {
            if unsafe Self.contains(value, "close") { keepsAlive = false }
            if unsafe Self.contains(value, "keep-alive") { keepsAlive = true }
        }
    }

    /// What stands after `name:`, which is in lower case here.
    private static func value(
        _ field: Slice<UnsafeRawBufferPointer>, _ name: StaticString
    ) -> Slice<UnsafeRawBufferPointer>? {
        let count = name.utf8CodeUnitCount
        guard unsafe field.count > count, unsafe field[field.startIndex + count] == UInt8(ascii: ":") else {
            return nil
        }
        guard unsafe isWord(field.prefix(count), name) else { return nil }
        return unsafe field.dropFirst(count + 1).drop { $0 == 0x20 || $0 == 0x09 }
    }

    private static func number(_ digits: Slice<UnsafeRawBufferPointer>) -> Int? {
        var number = 0
        var count = 0
        for place in unsafe digits.indices {
            let byte = unsafe digits[place]
            guard byte != 0x20 else { continue }
            guard (0x30...0x39).contains(byte), count < 15 else { return nil }
            number = number * 10 + Int(byte - 0x30)
            count += 1
        }
        return count > 0 ? number : nil
    }

    /// Whether the word, which is in lower case here, is in the list (RFC 9110, section 5.6.1). A String would say it in
    /// a line and take a fifth of the generator's time.
    private static func contains(_ list: Slice<UnsafeRawBufferPointer>, _ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        return unsafe list.split(separator: UInt8(ascii: ",")).contains { item in
            let item = unsafe item.drop { $0 == 0x20 || $0 == 0x09 }
            guard unsafe item.count >= count, unsafe isWord(item.prefix(count), word) else { return false }
            return unsafe item.dropFirst(count).allSatisfy { $0 == 0x20 || $0 == 0x09 }
        }
    }

    /// As many bytes as the word has; letters are the same in both cases.
    private static func isWord(_ bytes: Slice<UnsafeRawBufferPointer>, _ word: StaticString) -> Bool {
        for place in 0..<word.utf8CodeUnitCount
        where unsafe bytes[bytes.startIndex + place] | 0x20 != word.utf8Start[place] { return false }
        return true
    }
}
