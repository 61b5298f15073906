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
        return try decoder.decode(type, from: Data(bytes))
    }
}
