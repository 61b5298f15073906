import BgdemoFoundations

/// An argument of a Rails job, as ActiveJob serializes it (`ActiveJob::Arguments`): JSON, where objects with members
/// that begin with `_aj_` are values that JSON does not have.
public indirect enum ActiveJobValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// As it is spelled, of any size.
    case number(String)
    case string(String)
    /// A Ruby symbol, by its name.
    case symbol(String)
    case array([ActiveJobValue])
    case hash(ActiveJobHash)
    /// A record of a Rails application: `gid://shop/User/7`.
    case globalID(String)
    /// A time, ISO 8601 with the zone's offset; nine decimals.
    case time(String)
    /// A day: `2026-11-28`.
    case date(String)
    /// Seconds, as they are spelled.
    case duration(String)
    /// A `BigDecimal`, as it is spelled. Rails reads it from 7.1 on.
    case decimal(String)
    /// A module or class, by its name.
    case module(String)
    /// A value of another serializer, by the serializer's name and the object's members beside it.
    case serialized(String, ActiveJobHash)
}

/// A Ruby hash among the arguments of a Rails job.
public struct ActiveJobHash: Sendable, Hashable {
    /// What Rails makes of it.
    public enum Kind: Sendable, Hashable {
        case plain
        /// The keyword arguments of `perform` (`_aj_ruby2_keywords`).
        case keywords
        /// A `HashWithIndifferentAccess` (`_aj_hash_with_indifferent_access`).
        case indifferentAccess
    }

    /// A key and its value.
    public struct Member: Sendable, Hashable {
        /// The key, as text.
        public let name: String
        /// Whether the key is a symbol.
        public let isSymbol: Bool
        public let value: ActiveJobValue

        /// - Parameter isSymbol: Whether the key is a symbol. Default: a string.
        public init(_ name: String, isSymbol: Bool = false, _ value: ActiveJobValue) {
            (self.name, self.isSymbol, self.value) = (name, isSymbol, value)
        }
    }

    public let kind: Kind
    /// In their order.
    public let members: [Member]

    /// - Parameter kind: Default: plain.
    public init(_ members: [Member], kind: Kind = .plain) { (self.kind, self.members) = (kind, members) }

    /// The value of the last member of this name.
    public subscript(name: String) -> ActiveJobValue? { members.last { $0.name.hasSameBytes(as: name) }?.value }
}

extension ActiveJobValue {
    /// A value that was read within limits of depth.
    ///
    /// - Throws: ``InvalidJobArguments`` where a string is not text.
    init(_ json: JSONValue) throws(InvalidJobArguments) {
        switch json.kind {
        case .null: self = .null
        case .bool: self = .bool(json.bool ?? false)
        case .number: self = .number(json.number ?? "0")
        case .string: self = .string(try Self.text(json))
        case .array:
            var elements: [ActiveJobValue] = []
            for element in json.elements { elements.append(try ActiveJobValue(element)) }
            self = .array(elements)
        case .object: try self.init(object: json)
        }
    }

    private init(object json: JSONValue) throws(InvalidJobArguments) {
        var serializer: String?
        var (kind, symbols) = (ActiveJobHash.Kind.plain, Set<ByteString>())
        var members: [(name: String, value: ActiveJobValue)] = []
        for (name, value) in json.members {
            switch name {
            case "_aj_globalid":
                self = .globalID(try Self.text(value))
                return
            case "_aj_serialized": serializer = try Self.text(value)
            case "_aj_hash_with_indifferent_access": kind = .indifferentAccess
            case "_aj_symbol_keys": symbols = Self.names(value)
            case "_aj_ruby2_keywords": (kind, symbols) = (.keywords, Self.names(value))
            default: members.append((try Self.text(name), try ActiveJobValue(value)))
            }
        }
        let hash = ActiveJobHash(
            members.map { .init($0.name, isSymbol: symbols.contains(ByteString($0.name)), $0.value) }, kind: kind)
        self = serializer.map { Self.value(of: $0, hash) } ?? .hash(hash)
    }

    private static let serializers = "ActiveJob::Serializers::"

    /// The value of one of Rails' own serializers.
    private static func value(of serializer: String, _ hash: ActiveJobHash) -> ActiveJobValue {
        let other = ActiveJobValue.serialized(serializer, hash)
        guard let value = hash["value"], serializer.utf8.starts(with: serializers.utf8) else { return other }
        return switch (serializer.utf8.dropFirst(serializers.utf8.count).text, value) {
        case ("SymbolSerializer", .string(let text)): .symbol(text)
        case ("TimeSerializer", .string(let text)), ("DateTimeSerializer", .string(let text)),
            ("TimeWithZoneSerializer", .string(let text)):
            .time(text)
        case ("DateSerializer", .string(let text)): .date(text)
        case ("DurationSerializer", .number(let text)), ("DurationSerializer", .string(let text)),
            ("DurationSerializer", .decimal(let text)):
            .duration(text)
        case ("BigDecimalSerializer", .string(let text)): .decimal(text)
        case ("ModuleSerializer", .string(let text)): .module(text)
        default: other
        }
    }

    private static func text(_ json: JSONValue) throws(InvalidJobArguments) -> String {
        guard let text = json.text else { throw InvalidJobArguments("an argument of the Rails job is not text") }
        return text
    }

    private static func names(_ json: JSONValue) -> Set<ByteString> {
        Set(json.elements.compactMap(\.characters).map { ByteString($0) })
    }
}

extension Substring.UTF8View {
    fileprivate var text: String { String(Substring(self)) }
}
