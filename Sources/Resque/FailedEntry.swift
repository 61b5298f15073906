import BgdemoFoundations

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An entry of the list `failed`, as Ruby and node write it and their web pages read it.
enum FailedEntry {
    /// - Parameters:
    ///   - job: The job's bytes; quoted where they are not JSON.
    ///   - worker: The id of the worker that had it.
    static func entry(
        job: [UInt8], isJSON: Bool, exception: String, error: String, worker: String, queue: String
    ) -> [UInt8] {
        let encoding = isJSON || job.isValidUTF8 ? nil : "latin1"
        let around = around(exception: exception, error: error, worker: worker, queue: queue, encoding: encoding)
        return around.beginning + (isJSON ? job : quoted(job)) + around.end
    }

    /// What comes before the payload, and what after it.
    static func around(
        exception: String, error: String, worker: String, queue: String, encoding: String? = nil
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
        json.raw("[]")
        json.member("worker", worker)
        json.member("queue", queue)
        // How bytes that are not UTF-8 became characters, so that they can be restored.
        if let encoding { json.member("encoding", encoding) }
        json.raw("}")
        return (beginning, json.bytes)
    }

    private static func quoted(_ bytes: [UInt8]) -> [UInt8] {
        var json = JSONWriter()
        json.string(String(validating: bytes, as: UTF8.self) ?? String(latin1: bytes))
        return json.bytes
    }

    /// The name of an error in `exception`. It is a name for all programs, and stays when a type is renamed.
    static func exception(_ error: any Error) -> String {
        switch error {
        case is InvalidJob: "InvalidJob"
        case is InvalidJobArguments: "InvalidArguments"
        case is UnknownClass: "UnknownClass"
        case is WrongKeyType: "WrongKeyType"
        case let error as any NamedJobError: error.exceptionName
        default: String(describing: type(of: error))
        }
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

/// An error of a job that chooses its name in `failed`, where other programs read it. The name of any other error is that
/// of its type.
public protocol NamedJobError: Error {
    /// The value of `exception`.
    var exceptionName: String { get }
}
