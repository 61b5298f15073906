import Foundation
import NIOCore

/// A response of HTTP/1 as it came, taken apart by its own simple reader.
public struct RawResponse: Sendable {
    public let status: Int
    /// Names in lower case.
    public let fields: [(name: String, value: String)]
    public let body: [UInt8]

    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The values under a name, in lower case.
    public func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// The value of a field that is there once.
    public subscript(_ name: String) -> String? {
        let values = values(name)
        return values.count == 1 ? values.first : nil
    }

    /// Takes one response from the front of the bytes; nil, and nothing taken, where it is not whole.
    init?(from bytes: inout ByteBuffer, to method: String) throws {
        guard let end = Self.end(of: bytes.readableBytesView),
            let head = bytes.getString(at: bytes.readerIndex, length: end)
        else { return nil }
        var lines = head.components(separatedBy: "\r\n")
        let statusLine = lines.removeFirst()
        guard statusLine.hasPrefix("HTTP/1.1 "), statusLine.utf8.count > 12,
            let status = Int(statusLine.dropFirst(9).prefix(3))
        else { throw RawClient.Failure(description: "no status line: \(statusLine)") }
        self.status = status
        fields = try lines.map { line in
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
                throw RawClient.Failure(description: "no header field: \(line)")
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (line[..<colon].lowercased(), String(value))
        }
        let length = fields.first { $0.name == "content-length" }.flatMap { Int($0.value) }
        let hasBody = method != "HEAD" && status >= 200 && status != 204
        guard !hasBody || length != nil else {
            throw RawClient.Failure(description: "no Content-Length: \(head)")
        }
        let bodyLength = hasBody ? length ?? 0 : 0
        guard let body = bytes.getBytes(at: bytes.readerIndex + end + 4, length: bodyLength) else { return nil }
        self.body = body
        bytes.moveReaderIndex(forwardBy: end + 4 + bodyLength)
    }

    /// The length of the head without its empty line.
    private static func end(of view: ByteBufferView) -> Int? {
        var start = view.startIndex
        while let line = view[start...].firstIndex(of: 0x0a) {
            if line - 3 >= view.startIndex, view[(line - 3)...line].elementsEqual([0x0d, 0x0a, 0x0d, 0x0a]) {
                return line - 3 - view.startIndex
            }
            start = line + 1
        }
        return nil
    }
}
