import BgdemoSMTPInbox

/// Where it was measured, how to do it again, and all of it as JSON.
enum RunSection {
    static func write(_ comparison: Comparison, into html: inout HTML) {
        let (machine, settings) = (comparison.machine, comparison.settings)
        html.raw("<section id=\"run\">\n<h2>The run</h2>\n<p>To repeat it:</p>\n<pre><code>")
        html.words((["bgdemo"] + settings.command).map(quoted).joined(separator: " "))
        html.raw("</code></pre>\n<dl>\n")
        let facts =
            [
                ("Began", comparison.began), ("Took", NumberText.seconds(comparison.seconds)),
                ("Seed", "\(settings.seed)"), ("Load", Summary.load(settings)),
                ("Machine", "\(machine.system), \(machine.processor)"),
                ("Cores", NumberText.count(machine.cores)), ("Memory", NumberText.bytes(Double(machine.memoryBytes))),
            ] + machine.versions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        for (name, value) in facts {
            html.raw("<div><dt>\(HTML.escaped(name))</dt><dd>\(HTML.escaped(value))</dd></div>\n")
        }
        html.raw("</dl>\n<p>Load, mail server and strategies shared these cores, over loopback: compare the ")
        html.raw("strategies with each other rather than with other machines. Times count from when a request was ")
        html.raw("<em>due</em>, so that what waited behind a slow answer counts as waiting; the <em>uncorrected</em> ")
        html.raw("figures count from when it was sent. Loss is counted by the ids in the inbox.</p>\n</section>\n")
        write(json: (try? comparison.json()) ?? "null", into: &html)
    }

    /// `<` would let a name in it end the element; JSON has another way to write it.
    private static func write(json: String, into html: inout HTML) {
        html.raw("<script type=\"application/json\" id=\"comparison\">\n")
        html.raw(json.split(separator: "<", omittingEmptySubsequences: false).joined(separator: "\\u003c"))
        html.raw("</script>\n")
    }

    /// As a shell takes it for one word.
    private static func quoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_./:=,@%+".utf8.contains(byte)
            }
        }
        guard !plain || word.isEmpty else { return word }
        return "'\(word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
    }
}
