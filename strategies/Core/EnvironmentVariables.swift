public import ArgumentParser
import BgdemoSystemCompat
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The environment variables, by which every option can be given as well. A flag on the command line wins.
public struct EnvironmentVariables: Sendable {
    public let variables: [String: String]

    public init(variables: [String: String]) {
        self.variables = variables
    }

    /// Those of this process.
    public static var process: EnvironmentVariables {
        EnvironmentVariables(variables: ProcessInfo.processInfo.environment)
    }

    /// The flag, else the variable, else nil. An empty variable counts as absent.
    ///
    /// - Throws: `ValidationError` where the variable has no valid value.
    public func value<Value: ExpressibleByArgument>(_ flag: Value?, _ name: String) throws -> Value? {
        if let flag { return flag }
        guard let text = variables[name], !text.isEmpty else { return nil }
        guard let value = Value(argument: text) else {
            let values = Value.allValueStrings
            let advice = values.isEmpty ? "" : "; it is one of \(values.joined(separator: ", "))"
            throw ValidationError("the environment variable \(name) has an invalid value: '\(text)'\(advice)")
        }
        return value
    }

    /// The same for a value that says what is wrong with a text.
    ///
    /// - Throws: `ValidationError` that names the variable, its value and what is wrong with it.
    public func value<Value: ExplainedArgument>(_ flag: Value?, _ name: String) throws -> Value? {
        if let flag { return flag }
        guard let text = variables[name], !text.isEmpty else { return nil }
        do {
            return try Value.parse(text)
        } catch let error as ValidationError {
            throw ValidationError("the environment variable \(name) has an invalid value: '\(text)'; \(error.message)")
        }
    }

    /// Whether the variable of a flag is `yes`. Default: no.
    ///
    /// - Throws: `ValidationError` where it is neither `yes` nor `no`.
    public func flag(_ name: String) throws -> Bool {
        switch variables[name] ?? "" {
        case "yes": true
        case "", "no": false
        case let text: throw ValidationError("the environment variable \(name) is yes or no, not '\(text)'")
        }
    }

    /// The variable `name`, or the first line of the file that `name`_FILE names, as containers are given secrets.
    ///
    /// - Throws: `ValidationError` where the file can't be read or is empty.
    public func secret(_ name: String, file flag: String? = nil) throws -> String? {
        if let path = try value(flag, "\(name)_FILE") {
            let place = flag == nil ? "\(path), which \(name)_FILE names," : path
            // Not by its size, which a pipe does not have.
            guard let bytes = try? Self.bytes(ofFile: path) else { throw ValidationError("\(place) can't be read") }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw ValidationError("\(place) is no text in UTF-8")
            }
            let lines = text.split(whereSeparator: \.isNewline)
            guard let line = lines.first else { throw ValidationError("\(place) is empty") }
            guard lines.count == 1 else { throw ValidationError("\(place) has more than the one line of a secret") }
            return String(line)
        }
        return variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// What was read of files: a pipe, as a shell's `<(…)` is one, can be read once, and options are read again and again.
    private static let files = Mutex<[String: [UInt8]]>([:])

    /// A longer file has no secret.
    private static func bytes(ofFile path: String) throws -> [UInt8] {
        if let bytes = files.withLock({ $0[path] }) { return bytes }
        let bytes = try read(path)
        files.withLock { $0[path] = bytes }
        return bytes
    }

    private static func read(_ path: String) throws -> [UInt8] {
        let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
        return try file.closeAfter {
            var (bytes, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 4_096))
            while bytes.count < 65_536 {
                let count = try unsafe chunk.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
                guard count > 0 else { break }
                bytes += chunk.prefix(count)
            }
            return bytes
        }
    }
}
