public import ArgumentParser
import BgdemoEmail
import BgdemoFoundations

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where an option that is no flag on the command line comes from.
struct EnvironmentVariables: Sendable {
    let variables: [String: String]

    static var process: EnvironmentVariables { EnvironmentVariables(variables: ProcessInfo.processInfo.environment) }

    /// The flag, else the variable, else nil. An empty variable counts as absent.
    func value<Value: ExpressibleByArgument>(_ flag: Value?, _ name: String) throws -> Value? {
        if let flag { return flag }
        guard let text = variables[name], !text.isEmpty else { return nil }
        guard let value = Value(argument: text) else {
            let values = Value.allValueStrings
            let advice = values.isEmpty ? "" : "; it is one of \(values.joined(separator: ", "))"
            throw ValidationError("the environment variable \(name) has a value that is none: '\(text)'\(advice)")
        }
        return value
    }

    /// The variable `name`, or the first line of the file that `name`_FILE names, as containers hand secrets over.
    func secret(_ name: String, file flag: String? = nil) throws -> String? {
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

extension Duration: @retroactive ExpressibleByArgument {
    public init?(argument: String) { self.init(text: argument) }
}
