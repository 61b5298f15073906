import BgdemoBenchmarking

/// The lanes as text of 80 columns and 24 lines.
struct TerminalPage {
    /// What is shown of a lane.
    struct Row: Sendable {
        var name: String
        /// `web server 4711 ●`
        var processes: [(role: String, pid: Int32, state: LaneState.ProcessState)]
        var score: MailLedger.Score
        var p50: Double?
        var p99: Double?
        var rate: Double
        var isFocused: Bool
    }

    static let columns = 80
    static let lines = 24

    var address: String
    /// Where the page in a browser is.
    var url: String
    var title: String
    var reasons: [String]
    var clock: String
    var rows: [Row]
    var forAll: Bool
    /// Faults that are on, what became of their mails, what was done last, and notices.
    var events: [String]

    /// Exactly ``lines`` lines, none longer than ``columns``.
    var text: [String] {
        var page = [Self.ends(title, clock), Self.ends("#\(address)", url)]
        page += reasons.prefix(3)
        page.append("")
        page.append(Self.cells(["", "lane", "rate", "asked", "answered", "deliv.", "not yet", "twice", "lost", "p99"]))
        for (number, row) in rows.enumerated() {
            let score = row.score
            page.append(
                Self.cells(
                    [
                        "\(number + 1)\(row.isFocused ? "▸" : " ")", row.name, "\(Int(row.rate))", "\(score.asked)",
                        "\(score.answered)", "✓\(score.delivered)", "◌\(score.notYet)", "\(score.twice)",
                        score.lost > 0 ? "✕\(score.lost)" : "0", row.p99.map { NumberText.time($0) } ?? "–",
                    ]))
        }
        page.append("")
        for row in rows where row.isFocused {
            page.append("\(row.name): " + row.processes.map(Self.process).joined(separator: "  "))
        }
        page += events
        let help = [
            "Space on  ← back   1-9 lane  Shift 1-9 beside it  o export  c compare  ^C end",
            "send: q 1  w 10  e 100   rate: + more  - less   a \(forAll ? "[all lanes]" : "all lanes")   h heal  0 calm",
            "worker: k kill  s stop   web: j kill  d stop   master: m kill",
            "mail: x down  z slow  v flaky  b 421  u up   Redis: r kill  t cut  y silent",
        ]
        page = Array(page.prefix(Self.lines - help.count))
        page += Array(repeating: "", count: Self.lines - help.count - page.count) + help
        return page.map { String($0.prefix(Self.columns)) }
    }

    private static func process(_ process: (role: String, pid: Int32, state: LaneState.ProcessState)) -> String {
        let sign = process.state == .up ? "●" : process.state == .stopped ? "‖" : "✕"
        return "\(sign) \(process.role) \(process.pid)"
    }

    private static func ends(_ left: String, _ right: String) -> String {
        let left = String(left.prefix(columns - right.count - 2))
        return left + String(repeating: " ", count: columns - left.count - right.count) + right
    }

    private static let widths = [3, 16, 5, 7, 9, 8, 8, 6, 6, 9]

    private static func cells(_ cells: [String]) -> String {
        zip(cells, widths).enumerated().map { place, cell in
            let text = String(cell.0.prefix(cell.1 - 1))
            let blanks = String(repeating: " ", count: cell.1 - text.count)
            return place < 2 ? text + blanks : blanks + text
        }.joined()
    }
}
