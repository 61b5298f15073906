/// Why a text is not the JSON that was to be read.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// Not JSON (RFC 8259).
        case syntax
        /// JSON of another kind than wanted: an array for an object, a number for a string.
        case wrongKind
        /// Not UTF-8.
        case notUTF8
        /// An object has a name twice.
        case duplicateName
        /// A name has so many combining marks that a `String` of it can't be compared in linear time.
        case unsafeName
        /// More bytes, levels or values than the limits allow.
        case tooLarge, tooDeep, tooManyValues
    }

    public let code: Code
    /// The byte at which it was seen, from 0.
    public let offset: Int
    private let reason: String

    init(_ code: Code, at offset: Int, _ reason: String) {
        (self.code, self.offset, self.reason) = (code, offset, reason)
    }

    public var description: String { "\(reason) at byte \(offset)" }
}
