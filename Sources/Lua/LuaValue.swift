public import BgdemoFoundations

/// A value of a script.
public enum LuaValue {
    case none
    case boolean(Bool)
    case number(Double)
    /// Any bytes.
    case string(ByteString)
    case table(LuaTable)
    case function(LuaFunction)
    /// `cjson.null`, JSON's null in a table.
    case null

    public static func text(_ text: String) -> LuaValue { .string(ByteString(text)) }

    /// Whether a condition holds: all but `nil` and `false`.
    public var isTrue: Bool {
        switch self {
        case .none, .boolean(false): false
        default: true
        }
    }

    /// What `type` returns.
    public var typeName: String {
        switch self {
        case .none: "nil"
        case .boolean: "boolean"
        case .number: "number"
        case .string: "string"
        case .table: "table"
        case .function: "function"
        case .null: "userdata"
        }
    }

    /// A string's bytes, or a number's digits; nil for anything else.
    public var bytes: [UInt8]? {
        switch self {
        case .string(let string): string.bytes
        case .number(let number): Array(LuaNumber.text(number).utf8)
        default: nil
        }
    }

    /// A number, or a string that spells one; nil for anything else.
    public var number: Double? {
        switch self {
        case .number(let number): number
        case .string(let string): LuaNumber.parse(string.bytes)
        default: nil
        }
    }

    /// A table; nil for anything else.
    public var table: LuaTable? { if case .table(let table) = self { table } else { nil } }
}

extension LuaValue: Hashable {
    /// Tables and functions are equal only to themselves.
    public static func == (one: LuaValue, other: LuaValue) -> Bool {
        switch (one, other) {
        case (.none, .none), (.null, .null): true
        case (.boolean(let one), .boolean(let other)): one == other
        case (.number(let one), .number(let other)): one == other
        case (.string(let one), .string(let other)): one == other
        case (.table(let one), .table(let other)): one === other
        case (.function(let one), .function(let other)): one === other
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .none, .null: break
        case .boolean(let value): hasher.combine(value)
        case .number(let value): hasher.combine(value)
        case .string(let value): hasher.combine(value)
        case .table(let value): hasher.combine(ObjectIdentifier(value))
        case .function(let value): hasher.combine(ObjectIdentifier(value))
        }
    }
}

/// A table: an array from 1 on, and other keys.
public final class LuaTable {
    /// The elements at 1, 2, and so on.
    public private(set) var array: [LuaValue]
    private(set) var others: [LuaValue: LuaValue] = [:]

    public init(_ array: [LuaValue] = []) {
        self.array = array
    }

    /// A table with these members.
    public convenience init(_ members: [String: LuaValue]) {
        self.init()
        for (name, value) in members { self[.text(name)] = value }
    }

    public subscript(key: LuaValue) -> LuaValue {
        get {
            if let place = place(of: key), place < array.count { return array[place] }
            return others[key] ?? .none
        }
        set {
            guard let place = place(of: key), place <= array.count else {
                others[key] = newValue == .none ? nil : newValue
                return
            }
            if place < array.count {
                if newValue == .none, place == array.count - 1 { array.removeLast() } else { array[place] = newValue }
            } else if newValue != .none {
                others[key] = nil
                array.append(newValue)
                while let next = others.removeValue(forKey: .number(Double(array.count + 1))) { array.append(next) }
            }
        }
    }

    public subscript(name: String) -> LuaValue { self[.text(name)] }

    /// All keys, those of the array first; the others by their order as strings, so that a script does the same each time.
    var keys: [LuaValue] {
        array.indices.filter { array[$0] != .none }.map { .number(Double($0 + 1)) }
            + others.keys.sorted { ByteString($0.bytes ?? []) < ByteString($1.bytes ?? []) }
    }

    func sort(by precedes: (LuaValue, LuaValue) throws -> Bool) rethrows { try array.sort(by: precedes) }

    func insert(_ value: LuaValue, at place: Int) { array.insert(value, at: place) }

    func remove(at place: Int) -> LuaValue { array.remove(at: place) }

    private func place(of key: LuaValue) -> Int? {
        guard case .number(let number) = key, let place = Int(exactly: number), place >= 1 else { return nil }
        return place - 1
    }
}

/// A function of a script, or one that a script may call.
public final class LuaFunction {
    let body: ([LuaValue]) throws -> [LuaValue]

    public init(_ body: @escaping ([LuaValue]) throws -> [LuaValue]) {
        self.body = body
    }
}

/// An error of a script: what it raised, or what is wrong with it.
public struct LuaError: Error, CustomStringConvertible {
    public let description: String

    public init(_ text: String) { description = text }

    /// What a script raises: a text, or a table with the field `err`.
    public init(_ value: LuaValue) {
        let text = value.table?["err"] ?? value
        description = String(decoding: text.bytes ?? [], as: UTF8.self)
    }

    /// What `pcall` returns: as in Redis the text, also of a table.
    var value: LuaValue { .text(description) }
}
