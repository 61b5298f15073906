import BgdemoFoundations
import BgdemoSMTPInbox

/// A table of figures as HTML. Each figure is in a `<data value>` with the exact number for programs.
///
/// On a phone a row is a card (see `ReportStyle`), in which `data-label` names the column.
struct DataTable: Sendable {
    struct Cell: Sendable {
        let text: String
        let value: String?
        /// Whether it belongs to a column of figures, even if it has no value.
        var isFigure = true

        static let none = Cell(text: NumberText.none, value: nil)

        static func text(_ text: String) -> Cell { Cell(text: text, value: nil, isFigure: false) }
        static func count(_ count: Int) -> Cell { Cell(text: NumberText.count(count), value: "\(count)") }
        static func time(_ milliseconds: Double) -> Cell { figure(milliseconds) { NumberText.time($0) } }
        static func seconds(_ seconds: Double) -> Cell { figure(seconds) { NumberText.seconds($0) } }
        static func rate(_ rate: Double) -> Cell { figure(rate) { NumberText.rate($0) } }
        static func bytes(_ bytes: Double?) -> Cell { figure(bytes) { NumberText.bytes($0) } }
        static func number(_ number: Double?) -> Cell { figure(number) { NumberText.digits($0) } }

        static func figure(_ value: Double?, _ show: (Double) -> String) -> Cell {
            guard let value, value.isFinite else { return .none }
            return Cell(text: show(value), value: "\(value)")
        }
    }

    let caption: String
    let head: [String]
    let rows: [(head: String, cells: [Cell])]

    init(_ caption: String, _ head: [String], _ rows: [(head: String, cells: [Cell])]) {
        (self.caption, self.head, self.rows) = (caption, head, rows)
    }

    /// Writes a sentence instead where all rows have the same figures.
    func writeUnlessEqual(_ id: String, into html: inout HTML) {
        guard let first = rows.first, rows.count > 1,
            rows.dropFirst().allSatisfy({ $0.cells.map(\.text) == first.cells.map(\.text) })
        else { return write(id, into: &html) }
        html.raw("<p id=\"\(id)\">\(HTMLEscaping.escape(caption)), the same for each: ")
        let figures = zip(head.dropFirst(), first.cells).map { column, cell in
            let words = HTMLEscaping.escape(cell.text)
            return HTMLEscaping.escape(column) + " "
                + (cell.value.map { "<data value=\"\($0)\">\(words)</data>" } ?? words)
        }
        html.raw(figures.joined(separator: ", ") + ".</p>\n")
    }

    /// With more rows a table may be longer than a printed page. There a sentence says where it is.
    private static let mostPrinted = 40

    /// - Parameter id: The `id` of the table.
    func write(_ id: String, into html: inout HTML) {
        let isLong = rows.count > Self.mostPrinted
        if isLong {
            html.raw("<p class=\"printed\">\(HTMLEscaping.escape(caption)): ")
            html.raw("\(NumberText.count(rows.count)) rows, which are in the file that was printed.</p>\n")
        }
        html.raw(
            "<div class=\"scroll\(isLong ? " long" : "")\" role=\"region\" tabindex=\"0\" aria-labelledby=\"\(id)-caption\">\n"
        )
        html.raw(
            "<table id=\"\(id)\">\n<caption id=\"\(id)-caption\"><span>\(HTMLEscaping.escape(caption))</span></caption>\n<thead><tr>"
        )
        for (place, column) in head.enumerated() {
            let isFigure = place > 0 && rows.first?.cells.dropFirst(place - 1).first?.isFigure == true
            html.raw("<th scope=\"col\"\(isFigure ? " class=\"number\"" : "")>\(HTMLEscaping.escape(column))</th>")
        }
        html.raw("</tr></thead>\n<tbody>\n")
        for row in rows {
            html.raw("<tr><th scope=\"row\">\(HTMLEscaping.escape(row.head))</th>")
            for (column, cell) in zip(head.dropFirst(), row.cells) {
                let words = HTMLEscaping.escape(cell.text)
                let label = HTMLEscaping.escape(column)
                html.raw("<td\(cell.isFigure ? " class=\"number\"" : "") data-label=\"\(label)\">")
                html.raw(cell.value.map { "<data value=\"\($0)\">\(words)</data>" } ?? words)
                html.raw("</td>")
            }
            html.raw("</tr>\n")
        }
        html.raw("</tbody>\n</table>\n</div>\n")
    }
}
