public import ArgumentParser

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
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw ValidationError("can't read \(path), named for \(name)")
            }
            guard let line = text.split(whereSeparator: \.isNewline).first else {
                throw ValidationError("\(path), named for \(name), is empty")
            }
            return String(line)
        }
        return variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
