import BgdemoFoundations
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An entry of the list `failed`, as Ruby and node write it and their web pages read it.
enum FailedEntry {
    /// - Parameters:
    ///   - job: The job's bytes; see ``UnreadableJob``.
    ///   - backtrace: Default: none.
    ///   - worker: The id of the worker that had it.
    static func entry(
        job: [UInt8], exception: String, error: String, backtrace: [String] = [], worker: String, queue: String
    ) -> [UInt8] {
        let around = around(exception: exception, error: error, backtrace: backtrace, worker: worker, queue: queue)
        return around.beginning + UnreadableJob.payload(job) + around.end
    }

    /// What comes before the payload, and what after it.
    static func around(
        exception: String, error: String, backtrace: [String] = [], worker: String, queue: String
    ) -> (beginning: [UInt8], end: [UInt8]) {
        var json = JSONWriter()
        json.raw("{")
        json.member("failed_at", Date.now.failedAt)
        json.name("payload")
        let beginning = json.bytes
        json = JSONWriter()
        json.raw(",")
        json.member("exception", exception)
        json.member("error", error)
        json.name("backtrace")
        json.array { json in for line in backtrace { json.string(line) } }
        json.member("worker", worker)
        json.member("queue", queue)
        json.raw("}")
        return (beginning, json.bytes)
    }

    /// The name of an error in `exception`. It is a name for all programs, and stays when a type is renamed.
    static func exception(_ error: any Error) -> String {
        switch error {
        case is InvalidJob: "InvalidJob"
        case is InvalidJobArguments: "InvalidArguments"
        case is UnknownClass: "UnknownClass"
        case is WrongKeyType: "WrongKeyType"
        case let error as any NamedJobError: error.exceptionName
        case let error as ResqueError: exception(of: error)
        case is RedisError: "RedisError"
        case is DecodingError, is EncodingError: "InvalidArguments"
        case is CancellationError: "Interrupted"
        default: name(of: type(of: error))
        }
    }
}

extension FailedEntry {
    private static func exception(of error: ResqueError) -> String {
        switch error.code {
        case .redis: "RedisError"
        case .unexpectedReply: "UnexpectedReply"
        case .unexpectedType: "UnexpectedType"
        case .invalidArguments: "InvalidArguments"
        case .plugin: error.underlyingError.map(exception) ?? "PluginError"
        }
    }

    /// The name that the author of an error gave it. One that no Ruby class could have, such as that of a generic type, is not
    /// fit for other programs: Ruby's own for an error of any kind stands for it.
    private static func name(of type: any Any.Type) -> String {
        let name = String(describing: type)
        let isConstant = name.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "_") }
        return isConstant && name.utf8.first?.isASCIILetter == true && !name.hasBytePrefix("NS")
            ? name : "StandardError"
    }
}

extension String {
    /// One character a byte, U+0000 to U+00FF.
    init(latin1 bytes: [UInt8]) {
        self = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    /// The bytes of which the text has one character each; nil where it has others.
    var latin1: [UInt8]? {
        let bytes = unicodeScalars.compactMap { UInt8(exactly: $0.value) }
        return bytes.count == unicodeScalars.count ? bytes : nil
    }
}

/// An error of a job that chooses its name in `failed`, where other programs read it. The name of any other error is
/// that of its type, and `StandardError` where that is no name of a class in Ruby.
public protocol NamedJobError: Error {
    /// The value of `exception`.
    var exceptionName: String { get }
}
