import BgdemoFoundations
import BgdemoSMTPInbox

/// The last part of the report: which strategy fits which question.
enum AdviceSection {
    /// Nothing without a fault matrix: advice on speed alone would mislead.
    static func write(_ comparison: Comparison, into html: inout HTML) {
        guard comparison.fates != nil, comparison.strategies.count > 1 else { return }
        html.raw("<section id=\"advice\">\n<h2>Which one?</h2>\n")
        for question in questions {
            let advice = Advice(question, comparison)
            let choice = advice.fitting.first.map { "Take \($0.strategy)." } ?? "No measured strategy fits."
            html.raw("<details>\n<summary>")
            html.words("\(question.text.prefix(1).uppercased())\(question.text.dropFirst()): \(choice)")
            html.raw("</summary>\n<dl>\n")
            for finding in advice.fitting { write(finding, "✓", into: &html) }
            for finding in advice.excluded { write(finding, "✗", into: &html) }
            html.raw("</dl>\n</details>\n")
        }
        html.raw("<p>For other questions: <code>bgdemo advise</code>.</p>\n</section>\n")
    }

    private static var questions: [AdviceQuestion] {
        AdviceQuestion.Hosts.allCases.flatMap { hosts in
            [AdviceQuestion.AcceptableLoss.nothing, .underWay].map { loss in
                var question = AdviceQuestion()
                (question.hosts, question.mayLose) = (hosts, loss)
                return question
            }
        }
    }

    private static func write(_ finding: Advice.Finding, _ sign: String, into html: inout HTML) {
        html.raw("<div><dt>\(sign) \(HTMLEscaping.escape(finding.strategy))</dt><dd>")
        html.words(finding.reasons.joined(separator: "; "))
        html.raw("</dd></div>\n")
    }
}
