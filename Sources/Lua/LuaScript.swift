/// A script that was read, and may be run any number of times.
public struct LuaScript {
    private let body: LuaFunctionBody

    /// - Throws: ``LuaError`` where the text is no script.
    public init(_ text: String) throws {
        body = try LuaParser.parse(text)
    }

    /// Runs it. The functions of Lua that Redis lets scripts use are there, but for those of bits and of `struct`.
    ///
    /// - Parameter globals: What else it may use: `KEYS`, `ARGV`, `redis`.
    /// - Returns: The first value that it returns.
    /// - Throws: ``LuaError`` that it raises; also where it takes too many steps.
    public func run(_ globals: [String: LuaValue]) throws -> LuaValue {
        let scope = LuaScope(nil)
        for (name, value) in LuaLibrary.globals.merging(globals, uniquingKeysWith: { $1 }) {
            scope.declare(name, value)
        }
        return try LuaInterpreter().call(body, in: scope, []).first ?? .none
    }
}
