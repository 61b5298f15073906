import BgdemoFoundations
import BgdemoSMTPInbox

/// The fault matrix as an HTML table with coloured cells.
enum FaultMatrixTable {
    static func write(_ matrix: FaultMatrix, into html: inout HTML) {
        html.raw("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"fates-caption\">\n")
        html.raw(
            "<table id=\"fates\" class=\"fates\">\n<caption id=\"fates-caption\"><span>What became of the mails of ")
        html.raw(
            "each strategy under each fault. Framed cells must lose no accepted mail.</span></caption>\n")
        html.raw("<thead><tr><th scope=\"col\">Fault</th>")
        for row in matrix.rows { html.raw("<th scope=\"col\">\(HTMLEscaping.escape(row.title))</th>") }
        html.raw("</tr></thead>\n<tbody>\n")
        // Faults are rows: there are more of them, and a page is longer than wide.
        for fault in matrix.faults {
            html.raw("<tr><th scope=\"row\">\(HTMLEscaping.escape(fault.summary))</th>")
            for row in matrix.rows { write(row.cell(of: fault), of: row.title, into: &html) }
            html.raw("</tr>\n")
        }
        html.raw("</tbody>\n</table>\n</div>\n")
        table(matrix).write("fates-figures", into: &html)
    }

    private static func write(_ cell: FaultMatrixCell?, of title: String, into html: inout HTML) {
        let label = "data-label=\"\(HTMLEscaping.escape(title))\""
        guard let cell else { return html.raw("<td class=\"idle\" \(label)>not run</td>") }
        let result = CellResult(cell)
        let frame = cell.mustLoseNothing ? cell.isKept ? " promise" : " promise broken" : ""
        html.raw("<td class=\"\(result.style)\(frame)\" \(label)>")
        html.raw("<strong>\(HTMLEscaping.escape(result.words))</strong>")
        if !cell.isKept { html.raw("<em>must lose nothing</em>") }
        for detail in cell.details { html.raw("<span>\(HTMLEscaping.escape(detail))</span>") }
        html.raw("</td>")
    }

    /// All numbers of all cells.
    private static func table(_ matrix: FaultMatrix) -> DataTable {
        DataTable(
            "The same as figures",
            [
                "Strategy", "Fault", "Sent", "Accepted", "Delivered once", "Duplicated", "Lost", "Refused",
                "Unanswered", "Not accepted, but delivered", "Recovery", "Must lose nothing",
            ],
            matrix.rows.flatMap { row in
                row.cells.filter(\.applies).map { cell in
                    let fate = cell.fate
                    return (
                        row.title,
                        [
                            .text(cell.fault), .count(fate.asked), .count(fate.accepted), .count(cell.deliveredOnce),
                            .count(fate.duplicated), .count(fate.lost), .count(fate.refused), .count(fate.unanswered),
                            .count(fate.deliveredUnaccepted),
                            .figure(cell.recoverySeconds) { NumberText.seconds($0) },
                            .text(cell.mustLoseNothing ? cell.isKept ? "yes, kept" : "yes, broken" : "no"),
                        ]
                    )
                }
            })
    }
}
