/// An error of this library.
///
/// Functions that only talk to Redis throw `RedisError` instead.
public struct QueueBusError: Error, Sendable, CustomStringConvertible {
    /// What kind of error it is.
    public enum Code: Sendable, Hashable {
        /// The name of an application has no letter and no digit.
        case invalidApplicationName
        /// The bytes are not a JSON object, or not JSON of the wanted type.
        case invalidEvent
        /// A value could not be encoded as a JSON object.
        case encodingFailed
        /// A job of the bus is for a class that this program does not have.
        case unknownClass
        /// An event was driven to a subscription that this program does not ride.
        case unknownSubscription
    }

    /// What kind of error it is.
    public let code: Code
    /// What went wrong, as a sentence.
    public let description: String
    /// The error that caused this one, such as a `DecodingError`.
    public let underlyingError: (any Error)?

    init(_ code: Code, _ description: String, _ underlyingError: (any Error)? = nil) {
        (self.code, self.description, self.underlyingError) = (code, description, underlyingError)
    }
}
