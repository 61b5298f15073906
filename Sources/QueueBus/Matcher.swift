/// Which events a subscription is for: every filter has to match the attribute of its name. One without filters matches
/// none.
///
/// In Redis a filter is a string: one of the special values below with `bus_special_value_` before it, or a text that
/// the attribute equals, or else a regular expression that it matches from beginning to end (line ends count, as in
/// Ruby's `^` and `$`). Ruby's own expressions, `(?-mix:…)`, are taken as they are.
public struct Matcher: Sendable, Hashable {
    public enum Filter: Sendable, Hashable {
        /// Equal to this text, or matched by it as a regular expression.
        case value(String)
        /// There is such an attribute, null or not.
        case key
        /// Missing, null, or nothing but white space.
        case blank
        /// There, and the empty text.
        case empty
        /// Missing or null.
        case `nil`
        /// Neither missing nor null nor nothing but white space.
        case present
        /// There and not null: queue-bus calls it `value`.
        case notNil
    }

    /// By name, sorted.
    public let filters: [(name: String, filter: Filter)]

    public init(_ filters: [String: Filter]) {
        self.filters = filters.sorted { $0.key < $1.key }.map { (name: $0.key, filter: $0.value) }
    }

    /// All events of this type.
    public init(eventType: String) {
        self.init(["bus_event_type": .value(eventType)])
    }

    public func matches(_ event: Event) -> Bool {
        !filters.isEmpty && filters.allSatisfy { $0.filter.matches($0.name, event) }
    }

    public static func == (one: Matcher, other: Matcher) -> Bool {
        one.filters.elementsEqual(other.filters) { $0 == $1 }
    }

    public func hash(into hasher: inout Hasher) {
        for (name, filter) in filters {
            hasher.combine(name)
            hasher.combine(filter)
        }
    }
}

extension Matcher: CustomStringConvertible {
    /// `bus_event_type=user_created phone:present`.
    public var description: String {
        filters.map { name, filter in
            if case .value(let text) = filter {
                "\(name)=\(text)"
            } else {
                "\(name):\(filter.text.dropFirst(Filter.prefix.count))"
            }
        }.joined(separator: " ")
    }
}

extension Matcher.Filter {
    fileprivate static let prefix = "bus_special_value_"

    /// As it stands in Redis.
    var text: String {
        switch self {
        case .value(let text): text
        case .key: Self.prefix + "key"
        case .blank: Self.prefix + "blank"
        case .empty: Self.prefix + "empty"
        case .nil: Self.prefix + "nil"
        case .present: Self.prefix + "present"
        case .notNil: Self.prefix + "value"
        }
    }

    private static let special: [Self] = [.key, .blank, .empty, .nil, .present, .notNil]

    init(_ text: String) {
        self = Self.special.first { $0.text == text } ?? .value(text)
    }

    /// The words of queue-bus for the filters that are no text: `key`, `blank`, `empty`, `nil`, `present`, `value`.
    public static var words: [String] { special.map { String($0.text.dropFirst(prefix.count)) } }

    /// The filter that queue-bus has this word for; nil where it has none.
    public init?(word: some StringProtocol) {
        guard Self.words.contains(where: { $0 == word }) else { return nil }
        self.init(Self.prefix + word)
    }

    func matches(_ name: String, _ event: Event) -> Bool {
        let given = event[name]
        let isBlank = given?.allSatisfy { $0.isWhitespace || $0 == "\0" } ?? true
        switch self {
        case .key: return event.has(name)
        case .blank: return isBlank
        case .present: return !isBlank
        case .empty: return given?.isEmpty ?? false
        case .nil: return given == nil
        case .notNil: return given != nil
        case .value(let text):
            guard !text.isEmpty else { return false }
            return text == given ?? "" || Self.matches(given ?? "", expression: text)
        }
    }

    /// Whether the text matches as Ruby would have it; an expression that is none matches nothing.
    private static func matches(_ given: String, expression: String) -> Bool {
        // A text of letters alone has been compared already.
        guard expression.contains(where: { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "-" }) else {
            return false
        }
        let pattern = expression.hasPrefix("(?-mix:") ? "(?:" + expression.dropFirst(7) : "^(?:\(expression))$"
        guard let regex = try? Regex(pattern).anchorsMatchLineEndings().matchingSemantics(.unicodeScalar) else {
            return false
        }
        return given.firstMatch(of: regex) != nil
    }
}
