#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Writes and reads the text of `--json`.
extension Comparison {
    /// Indented, with sorted keys. Numbers that JSON lacks are the strings `"Infinity"`, `"-Infinity"` and `"NaN"`.
    ///
    /// - Throws: `EncodingError`.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    /// - Throws: ``UnreadableComparison`` if `json` does not have this version's format.
    public init(json: some Sequence<UInt8>) throws(UnreadableComparison) {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        let data = Data(json)
        guard let shape = try? decoder.decode(Shape.self, from: data) else {
            throw UnreadableComparison("it is not JSON of bgdemo compare --json")
        }
        guard shape.version == 1 else {
            throw UnreadableComparison("its version is \(shape.version), but this bgdemo reads version 1")
        }
        do {
            self = try decoder.decode(Comparison.self, from: data)
        } catch {
            throw UnreadableComparison("\(error.place)")
        }
    }

    private struct Shape: Decodable { let version: Int }
}

/// Why a file cannot be read as a comparison.
public struct UnreadableComparison: Error, CustomStringConvertible, Hashable {
    public let description: String

    init(_ description: String) { self.description = description }
}

extension Error {
    /// The place in the JSON of a decoder's error, and its kind.
    fileprivate var place: String {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        switch self as? DecodingError {
        case .keyNotFound(let key, let context)?:
            return "it has no \(key.stringValue) in \(context.codingPath.isEmpty ? "its object" : path(context))"
        case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?, .dataCorrupted(let context)?:
            return "its \(path(context)) has an unexpected type"
        default: return "\(self)"
        }
    }
}
