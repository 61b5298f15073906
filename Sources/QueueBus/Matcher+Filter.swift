import BgdemoFoundations

extension Matcher.Filter {
    private static let prefix = "bus_special_value_"
    private static let special: [Self] = [.key, .blank, .empty, .nil, .present, .notNil]

    /// queue-bus' words for the filters that are no text: `key`, `blank`, `empty`, `nil`, `present`, `value`.
    public static var words: [String] { special.map(\.word) }

    /// The filter of one of queue-bus' words; nil if it is none.
    public init?(word: some StringProtocol) {
        guard let filter = Self.special.first(where: { $0.word.hasSameBytes(as: word) }) else { return nil }
        self = filter
    }

    /// As it is in Redis.
    init(_ text: String) {
        self = Self.special.first { $0.text.hasSameBytes(as: text) } ?? .value(text)
    }

    /// As it is in Redis.
    var text: String {
        if case .value(let text) = self { text } else { Self.prefix + word }
    }

    /// The text of a value, or queue-bus' word.
    var word: String {
        switch self {
        case .value(let text): text
        case .key: "key"
        case .blank: "blank"
        case .empty: "empty"
        case .nil: "nil"
        case .present: "present"
        case .notNil: "value"
        }
    }
}

extension Matcher.Filter: Hashable {
    /// Whether both are the same in Redis, byte for byte.
    public static func == (one: Self, other: Self) -> Bool { one.text.hasSameBytes(as: other.text) }

    /// Hashes the bytes in Redis.
    public func hash(into hasher: inout Hasher) { hasher.combine(ByteString(text)) }
}
