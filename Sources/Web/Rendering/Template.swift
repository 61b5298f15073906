import BgdemoFoundations

/// A page's HTML with places for values, in the syntax of Mustache (<https://mustache.github.io/mustache.5.html>):
/// `{{name}}`, sections `{{#name}}…{{/name}}`, inverted ones `{{^name}}…{{/name}}`, comments `{{! … }}`.
///
/// There is no unescaped `{{{name}}}`: what may stay as it is has the type ``HTMLText``. Not swift-mustache, which links
/// all of Foundation: 44 MB more of program and 4.6 MB more of memory.
package struct Template: Sendable {
    private indirect enum Node: Sendable {
        case literal(String)
        /// - inTag: Whether it stands in an attribute, where no markup may be.
        case value(String, inTag: Bool)
        case section(String, isInverted: Bool, [Node])
    }

    private let nodes: [Node]

    /// - Throws: ``TemplateError`` where a section is not closed, or another one is.
    package init(_ text: String) throws(TemplateError) {
        var parser = Parser(text)
        nodes = try parser.nodes(until: nil)
    }

    package func render(_ values: TemplateValues) -> HTMLText {
        var html = ""
        Self.render(nodes, [values], into: &html)
        return HTMLText(markup: html)
    }

    private static func render(_ nodes: [Node], _ scopes: [TemplateValues], into html: inout String) {
        for node in nodes {
            switch node {
            case .literal(let text): html += text
            case .value(let name, let inTag): html += find(name, scopes).html(inTag: inTag)
            case .section(let name, isInverted: true, let inner):
                if find(name, scopes).isEmpty { render(inner, scopes, into: &html) }
            case .section(let name, isInverted: false, let inner):
                switch find(name, scopes) {
                case .list(let items): for item in items { render(inner, scopes + [item], into: &html) }
                case let value: if !value.isEmpty { render(inner, scopes, into: &html) }
                }
            }
        }
    }

    private static func find(_ name: String, _ scopes: [TemplateValues]) -> TemplateValue {
        for scope in scopes.reversed() {
            if let value = scope[name] { return value }
        }
        return .none
    }

    // MARK: Reading

    private struct Parser {
        private var rest: Substring
        private var isInTag = false

        init(_ text: String) { rest = text[...] }

        mutating func nodes(until name: String?) throws(TemplateError) -> [Node] {
            var nodes: [Node] = []
            while let open = rest.firstRange(of: "{{") {
                append(rest[..<open.lowerBound], to: &nodes)
                guard let close = rest[open.upperBound...].firstRange(of: "}}") else {
                    throw TemplateError.unclosed("{{")
                }
                let tag = rest[open.upperBound..<close.lowerBound]
                rest = rest[close.upperBound...]
                let word = String(tag.dropFirst())
                switch tag.first {
                case "!": continue
                case "#": nodes.append(.section(word, isInverted: false, try self.nodes(until: word)))
                case "^": nodes.append(.section(word, isInverted: true, try self.nodes(until: word)))
                case "/":
                    guard word == name else { throw TemplateError.unclosed(name ?? word) }
                    return nodes
                default: nodes.append(.value(String(tag), inTag: isInTag))
                }
            }
            guard name == nil else { throw TemplateError.unclosed(name ?? "") }
            append(rest, to: &nodes)
            return nodes
        }

        private mutating func append(_ text: Substring, to nodes: inout [Node]) {
            guard !text.isEmpty else { return }
            if let bracket = text.last(where: { $0 == "<" || $0 == ">" }) { isInTag = bracket == "<" }
            nodes.append(.literal(String(text)))
        }
    }
}

/// A template that cannot be read. Templates are part of the program, which has tests for them.
package enum TemplateError: Error, Hashable {
    case unclosed(String)
}

extension Substring {
    /// Templates are small.
    fileprivate func firstRange(of word: String) -> Range<Index>? {
        var place = startIndex
        while let start = self[place...].firstIndex(of: word.first ?? " ") {
            if self[start...].hasPrefix(word) { return start..<index(start, offsetBy: word.count) }
            place = index(after: start)
        }
        return nil
    }
}
