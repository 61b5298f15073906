import BgdemoFoundations

/// The values of a template, by the names in it.
package typealias TemplateValues = [String: TemplateValue]

/// HTML that this program has written, with everything from outside escaped.
package struct HTMLText: Sendable, Hashable {
    package let markup: String

    /// Only for what a template has made.
    package init(markup: String) { self.markup = markup }

    package static let empty = HTMLText(markup: "")
}

/// What stands at one place of a template. Text is escaped wherever it stands.
package enum TemplateValue: Sendable {
    case none
    case text(String)
    /// Text that says once more what another value has, such as `2 mails`: it is not in JSON.
    case words(String)
    case flag(Bool)
    /// Shown with spaces between the thousands.
    case int(Int)
    case html(HTMLText)
    /// The section is repeated for each.
    case list([TemplateValues])

    /// Nil and the empty text show nothing, and an inverted section.
    package static func text(_ text: String?) -> TemplateValue { text.map { .text($0) } ?? .none }

    /// `1 mail`, `2 mails`: ``words(_:)`` beside the number itself.
    package static func count(_ count: Int, _ one: String, _ many: String? = nil) -> TemplateValue {
        .words(PageText.count(count, one, many))
    }

    /// How many more there are than are shown, as words; none where all are.
    static func more(_ count: Int, _ one: String, _ many: String) -> TemplateValue {
        count > 0 ? .count(count, "more \(one) is not shown", "more \(many) are not shown") : .none
    }

    /// One inner scope, or none.
    package static func one(_ values: TemplateValues?) -> TemplateValue { .list(values.map { [$0] } ?? []) }

    var isEmpty: Bool {
        switch self {
        case .none: true
        case .text(let text), .words(let text): text.isEmpty
        case .flag(let flag): !flag
        case .int: false
        case .html(let html): html.markup.isEmpty
        case .list(let items): items.isEmpty
        }
    }

    func html(inTag: Bool) -> String {
        switch self {
        case .none, .flag, .list: ""
        case .html(let html): html.markup
        case .int(let number): PageText.number(number)
        case .text(let text), .words(let text): HTMLEscaping.escape(text) { inTag ? $0 : "<mark>\($0)</mark>" }
        }
    }
}

extension TemplateValue: ExpressibleByStringInterpolation {
    package init(stringLiteral value: String) { self = .text(value) }
}

extension TemplateValue: ExpressibleByBooleanLiteral {
    package init(booleanLiteral value: Bool) { self = .flag(value) }
}

extension [String: TemplateValue] {
    /// The same values as a JSON object, keys sorted, without what is only for the look.
    package var json: String {
        var json = JSONWriter()
        write(into: &json)
        return json.text
    }

    private func write(into json: inout JSONWriter) {
        json.raw("{")
        for (name, value) in sorted(by: { $0.key < $1.key }) {
            switch value {
            case .none, .html, .words: continue
            case .text(let text): json.member(name, text)
            case .int(let number): json.member(name, number)
            case .flag(let flag):
                json.name(name)
                json.raw(flag ? "true" : "false")
            case .list(let items):
                json.name(name)
                json.raw("[")
                for (place, item) in items.enumerated() {
                    if place > 0 { json.raw(",") }
                    item.write(into: &json)
                }
                json.raw("]")
            }
        }
        json.raw("}")
    }
}
