package import BgdemoFoundations

/// The fields of a form or a query, `name=value&name=value`, percent-encoded. Their text is a stranger's.
package struct PageFields: Sendable {
    private let pairs: [(name: ByteString, value: String)]
    /// Whether no field was left out.
    let isWhole: Bool

    /// More are not looked at.
    private static let limit = 2_000

    /// What is not percent-encoded UTF-8 is left out.
    package init(_ encoded: some Collection<UInt8>) {
        var pairs: [(name: ByteString, value: String)] = []
        var isWhole = true
        let parts = encoded.split(separator: UInt8(ascii: "&"), maxSplits: Self.limit)
        for pair in parts.prefix(Self.limit) {
            let halves = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = try? PercentDecoding.text(halves[0], plusIsSpace: true),
                let value = halves.count == 2 ? try? PercentDecoding.text(halves[1], plusIsSpace: true) : ""
            else {
                isWhole = false
                continue
            }
            pairs.append((ByteString(name), value))
        }
        (self.pairs, self.isWhole) = (pairs, isWhole && parts.count <= Self.limit)
    }

    /// The first value of this name; nil where there is none, or it is empty.
    package subscript(name: String) -> String? {
        let name = ByteString(name)
        return pairs.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    package func all(_ name: String) -> [String] {
        let name = ByteString(name)
        return pairs.filter { $0.name == name }.map(\.value)
    }

    /// Whether no field has another name.
    package func hasOnly(_ names: Set<ByteString>) -> Bool { pairs.allSatisfy { names.contains($0.name) } }

    package func isYes(_ name: String) -> Bool { self[name]?.hasSameBytes(as: "yes") ?? false }

    package func int(_ name: String) -> Int? { self[name].flatMap { Int($0) } }

    /// `text` as a value of a query or a segment of a path: only letters, digits and `-_~` stay. A dot would be read as that
    /// of `.json`.
    package static func encode(_ text: some StringProtocol) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            if byte.isASCIILetter || byte.isASCIIDigit || "-_~".utf8.contains(byte) {
                encoded.append(byte)
            } else {
                encoded.append(UInt8(ascii: "%"))
                encoded += Array((byte < 0x10 ? "0" : "").utf8) + Array(String(byte, radix: 16, uppercase: true).utf8)
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
