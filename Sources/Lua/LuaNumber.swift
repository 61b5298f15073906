import Foundation

/// Numbers as Lua 5.1 reads and writes them.
enum LuaNumber {
    /// Those of up to 14 digits.
    private static let wholeNumbers = (-1e14).nextUp..<1e14

    /// `%.14g`
    static func text(_ number: Double) -> String {
        if wholeNumbers.contains(number), let whole = Int(exactly: number) { return String(whole) }
        return String(format: "%.14g", number)
    }

    /// nil where the text spells no number; blanks around it do not matter.
    static func parse(_ bytes: [UInt8]) -> Double? {
        let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if let whole = Int(text) { return Double(whole) }
        if text.lowercased().hasPrefix("0x") { return Int(text.dropFirst(2), radix: 16).map(Double.init) }
        guard text.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }) else { return nil }
        return Double(text)
    }
}
