#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension JSONReader {
    /// A value of a type that is `Decodable`.
    ///
    /// `JSONDecoder` puts the names of every object into dictionaries of `String`, which takes time in the square of a
    /// name's length where a sender means harm. So the text is first read in linear time, within limits, and a name that
    /// is not stream-safe is refused.
    ///
    /// - Parameter dates: How a `Date` is spelled. Default: as `JSONEncoder` writes it.
    /// - Throws: ``JSONError``, or the `DecodingError` of a text that is JSON but not of this type.
    public static func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, from bytes: [UInt8], limits: Limits = .standard,
        dates: JSONDecoder.DateDecodingStrategy = .deferredToDate
    ) throws -> Value {
        var limits = limits
        limits.requiresUTF8 = true
        limits.requiresStreamSafeNames = true
        _ = try JSONValue(bytes, limits: limits)
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = dates
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch {
            throw explanation(of: error, in: bytes) ?? error
        }
    }

    /// What is wrong with JSON that Foundation could not decode though it is valid. Foundation's own errors for it
    /// (`numberIsNotRepresentableInSwift` and the like, or "not valid JSON") speak of its types, not of the text: half of a
    /// surrogate pair, or a number that is out of range.
    ///
    /// - Returns: Nil for an error that has words of its own.
    public static func explanation(of error: any Error, in bytes: [UInt8]) -> JSONError? {
        switch error {
        case DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty: break
        case is DecodingError: return nil
        default: guard String(reflecting: type(of: error)).hasBytePrefix("Foundation") else { return nil }
        }
        if let place = halfOfPair(in: bytes) {
            return JSONError(.notUTF8, at: place, "half of a surrogate pair, which is no character,")
        }
        // The number stands between quotes.
        let parts = "\(error)".utf8.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
        guard parts.count > 2, let range = bytes.firstRange(ofBytes: Array(parts[1])), !range.isEmpty else {
            return error is DecodingError ? nil : JSONError(.syntax, at: 0, "a value that does not fit its type")
        }
        return JSONError(.wrongKind, at: range.lowerBound, "\(printable(parts[1], limit: 40)), which is out of range,")
    }

    /// Where JSON has an escape such as `\ud83d` without its other half.
    private static func halfOfPair(in bytes: [UInt8]) -> Int? {
        var place = 0
        var high: Int?
        while place < bytes.count {
            guard bytes[place] == UInt8(ascii: "\\"), place + 1 < bytes.count else {
                if let high { return high }
                place += 1
                continue
            }
            let unit =
                bytes[place + 1] == UInt8(ascii: "u")
                ? UInt16(String(decoding: bytes[place...].dropFirst(2).prefix(4), as: UTF8.self), radix: 16) : nil
            switch (high, unit) {
            case (nil, let unit?) where UTF16.isLeadSurrogate(unit): high = place
            case (nil, let unit?) where UTF16.isTrailSurrogate(unit): return place
            case (let start?, let unit): if let unit, UTF16.isTrailSurrogate(unit) { high = nil } else { return start }
            default: break
            }
            place += unit == nil ? 2 : 6
        }
        return high
    }
}
