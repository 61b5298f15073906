import BgdemoFoundations
import BgdemoRubyRegex

/// Which events a subscription gets: every filter must match the attribute of its name. Without filters it gets none.
///
/// In Redis a filter is a string: one of the special values below with `bus_special_value_` before it, or a text that the
/// attribute equals, or a regular expression of Ruby. As in Ruby the expression is matched as `^…$`, so that one line of the
/// attribute is enough, and in `a|b` each end applies to one alternative. An expression that Ruby itself has written,
/// `(?-mix:…)`, is used as it is. An expression that cannot be used matches only an equal text; see ``invalidFilters``.
public struct Matcher: Sendable, Hashable {
    /// The condition on one attribute.
    public enum Filter: Sendable {
        /// Equal to this text, or matched by it as a regular expression.
        case value(String)
        /// The attribute exists, null or not.
        case key
        /// Missing, null, or nothing but white space.
        case blank
        /// The empty text.
        case empty
        /// Missing or null.
        case `nil`
        /// Neither missing nor null nor nothing but white space.
        case present
        /// Neither missing nor null: queue-bus calls it `value`.
        case notNil
    }

    fileprivate struct Condition: Sendable {
        let name: ByteString
        let filter: Filter
        /// The text as an expression; nil if it is none.
        let regex: RubyRegex?
    }

    /// A matcher in Redis with more filters is shown as broken, and matches nothing.
    private static let maxFilters = 1000

    private let conditions: [Condition]
    /// The filters that are no regular expressions, or unsupported or too large ones. They match only equal texts.
    public let invalidFilters: [InvalidFilter]
    private let isTooLarge: Bool

    /// The filters by the names of their attributes, sorted by name.
    public var filters: [(name: String, filter: Filter)] { conditions.map { ($0.name.text, $0.filter) } }

    /// - Parameter filters: By the names of their attributes.
    public init(_ filters: [String: Filter]) {
        self.init(filters.map { (ByteString($0.key), $0.value) })
    }

    /// All events of this type.
    public init(eventType: String) {
        self.init(["bus_event_type": .value(eventType)])
    }

    /// - Parameter filters: Each name once.
    init(_ filters: [(name: ByteString, filter: Filter)]) {
        isTooLarge = filters.count > Self.maxFilters
        var invalid: [InvalidFilter] = []
        if isTooLarge { invalid.append(.tooMany(Self.maxFilters)) }
        conditions = filters.prefix(Self.maxFilters).sorted { $0.name < $1.name }.map { name, filter in
            guard case .value(let text) = filter else { return Condition(name: name, filter: filter, regex: nil) }
            do throws(RubyRegexError) {
                let regex = try RubyRegex(text.hasBytePrefix("(?-mix:") ? text : "^\(text)$")
                return Condition(name: name, filter: filter, regex: regex)
            } catch {
                invalid.append(InvalidFilter(name.text, error))
                return Condition(name: name, filter: filter, regex: nil)
            }
        }
        invalidFilters = invalid
    }

    /// Whether every filter matches. False if that takes too many steps to decide.
    public func matches(_ event: BusEvent) -> Bool { evaluate(event) ?? false }

    /// nil if it takes too many steps to decide.
    func evaluate(_ event: BusEvent) -> Bool? {
        guard !conditions.isEmpty, !isTooLarge else { return false }
        // One for all filters: a subscription may have many.
        var budget = RubyRegex.defaultBudget
        for condition in conditions {
            let isMatch = condition.matches(event, taking: &budget)
            guard isMatch == true else { return isMatch }
        }
        return true
    }

    /// Whether it has a filter of the event's type that matches, whatever its other filters do.
    func wantsType(of event: BusEvent) -> Bool {
        guard !isTooLarge else { return false }
        var budget = RubyRegex.defaultBudget
        return conditions.contains { $0.name == "bus_event_type" && $0.matches(event, taking: &budget) != false }
    }

    /// Whether the filters are the same, byte for byte.
    public static func == (one: Matcher, other: Matcher) -> Bool {
        one.conditions.elementsEqual(other.conditions) { $0.name == $1.name && $0.filter == $1.filter }
    }

    /// Hashes the bytes of the filters.
    public func hash(into hasher: inout Hasher) {
        for condition in conditions {
            hasher.combine(condition.name)
            hasher.combine(condition.filter)
        }
    }
}

extension Matcher: CustomStringConvertible {
    /// `bus_event_type=user_created phone:present`. Control characters are escaped.
    public var description: String {
        conditions.map { condition in
            if case .value(let text) = condition.filter {
                "\(condition.name)=\(printable(text))"
            } else {
                "\(condition.name):\(condition.filter.word)"
            }
        }.joined(separator: " ")
    }
}

extension Matcher.Condition {
    /// nil if it takes too many steps to decide.
    fileprivate func matches(_ event: BusEvent, taking budget: inout Int) -> Bool? {
        switch filter {
        case .key: return event.has(name)
        case .blank: return event.text(of: name).isBlank
        case .present: return !event.text(of: name).isBlank
        case .empty: return event.text(of: name)?.utf8.isEmpty ?? false
        case .nil: return event.text(of: name) == nil
        case .notNil: return event.text(of: name) != nil
        case .value(let wanted):
            guard !wanted.utf8.isEmpty else { return false }
            let text = event.text(of: name) ?? ""
            if wanted.hasSameBytes(as: text) { return true }
            guard let regex else { return false }
            return regex.matches(text, taking: &budget)
        }
    }
}

extension String? {
    /// Ruby's `to_s.strip.empty?`: its white space is that of ASCII, and NUL.
    fileprivate var isBlank: Bool {
        self?.utf8.allSatisfy { (0x09...0x0d).contains($0) || $0 == 0x20 || $0 == 0 } ?? true
    }
}
