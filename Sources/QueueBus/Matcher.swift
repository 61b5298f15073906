import BgdemoRubyRegex

/// Which events a subscription is for: every filter has to match the attribute of its name. One without filters matches
/// none.
///
/// In Redis a filter is a string: one of the special values below with `bus_special_value_` before it, or a text that
/// the attribute equals, or else a regular expression of Ruby's. That is matched as Ruby has it, `^…$`, so a line is
/// enough, and in `a|b` the one end belongs to `a` and the other to `b`. One made by Ruby itself, `(?-mix:…)`, is taken
/// as it is. What `RubyRegex` does not know, or would take too long over, matches nothing; see ``invalidFilters``.
public struct Matcher: Sendable, Hashable {
    /// What an attribute has to be.
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
    /// Of those that are texts, in the same places, what they are as expressions.
    private let patterns: [RubyRegex?]
    /// The filters that are no regular expressions, or unsupported or too large ones. They match only equal texts.
    public let invalidFilters: [InvalidFilter]

    /// By the attributes' names.
    public init(_ filters: [String: Filter]) {
        self.filters = filters.sorted { $0.key < $1.key }.map { (name: $0.key, filter: $0.value) }
        var invalid: [InvalidFilter] = []
        patterns = self.filters.map { (name, filter) -> RubyRegex? in
            guard case .value(let text) = filter else { return nil }
            do throws(RubyRegexError) {
                return try RubyRegex(text.hasPrefix("(?-mix:") ? text : "^\(text)$")
            } catch {
                invalid.append(InvalidFilter(name, error))
                return nil
            }
        }
        invalidFilters = invalid
    }

    /// All events of this type.
    public init(eventType: String) {
        self.init(["bus_event_type": .value(eventType)])
    }

    /// Whether every filter matches. False where that takes too long to find out.
    public func matches(_ event: BusEvent) -> Bool { evaluate(event) ?? false }

    /// Nil where finding out takes too long.
    func evaluate(_ event: BusEvent) -> Bool? {
        guard !filters.isEmpty else { return false }
        for (place, (name, filter)) in filters.enumerated() {
            let isMatch = filter.matches(name, event, patterns[place])
            guard isMatch == true else { return isMatch }
        }
        return true
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

    /// Nil where finding out takes too long.
    func matches(_ name: String, _ event: BusEvent, _ pattern: RubyRegex?) -> Bool? {
        let given = event[name]
        switch self {
        case .key: return event.has(name)
        case .blank: return given.isBlank
        case .present: return !given.isBlank
        case .empty: return given?.isEmpty ?? false
        case .nil: return given == nil
        case .notNil: return given != nil
        case .value(let text):
            guard !text.isEmpty else { return false }
            if text.isSame(as: given ?? "") { return true }
            guard let pattern else { return false }
            return pattern.matches(given ?? "")
        }
    }
}

extension String? {
    /// Ruby's `to_s.strip.empty?`, whose white space is ASCII's, and NUL.
    fileprivate var isBlank: Bool {
        self?.utf8.allSatisfy { (0x09...0x0d).contains($0) || $0 == 0x20 || $0 == 0 } ?? true
    }
}

extension String {
    /// Byte for byte: to Ruby é is not the same as e and an accent.
    fileprivate func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
