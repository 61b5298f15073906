#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A comparison as the text of `--json`, and back.
extension Comparison {
    /// Indented, keys in the order of the alphabet. A number that JSON has no word for is one of the strings
    /// `"Infinity"`, `"-Infinity"` and `"NaN"`.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    /// - Throws: ``UnreadableComparison`` where `json` is not of this version's shape.
    public init(json: some Sequence<UInt8>) throws(UnreadableComparison) {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        let data = Data(json)
        guard let shape = try? decoder.decode(Shape.self, from: data) else {
            throw UnreadableComparison("it is not JSON that bgdemo compare --json has written")
        }
        guard shape.version == 1 else {
            throw UnreadableComparison("its version is \(shape.version), and this bgdemo reads version 1")
        }
        do {
            self = try decoder.decode(Comparison.self, from: data)
        } catch {
            throw UnreadableComparison("\(error.place)")
        }
    }

    private struct Shape: Decodable { let version: Int }
}

/// Why a file holds no comparison.
public struct UnreadableComparison: Error, CustomStringConvertible, Hashable {
    public let description: String

    init(_ description: String) { self.description = description }
}

extension Error {
    /// Where in the JSON a decoder stumbled, and over what.
    fileprivate var place: String {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        switch self as? DecodingError {
        case .keyNotFound(let key, let context)?:
            return "it has no \(key.stringValue) in \(context.codingPath.isEmpty ? "its object" : path(context))"
        case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?, .dataCorrupted(let context)?:
            return "its \(path(context)) is of another kind than expected"
        default: return "\(self)"
        }
    }
}
