import BgdemoFoundations
import BgdemoSMTPInbox

/// The machine, the command that repeats the run, and the JSON.
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
            ] + (machine.loadAverage.map { [("Load average before", NumberText.digits($0))] } ?? [])
            + (comparison.load.map { [("Cores during", $0.text)] } ?? [])
            + (machine.isDebugBuild == true ? [("Build", "for debugging: slower than a release build")] : [])
            + machine.versions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        for (name, value) in facts {
            html.raw("<div><dt>\(HTMLEscaping.escape(name))</dt><dd>\(HTMLEscaping.escape(value))</dd></div>\n")
        }
        html.raw("</dl>\n<p>Load, mail server and strategies share these cores and use loopback: compare the ")
        html.raw("strategies with each other, not with other machines. Times begin when a request was <em>due</em>, ")
        html.raw("so that waiting behind a slow answer counts; the <em>uncorrected</em> figures begin when it was ")
        html.raw("sent. Losses are counted by the ids in the inbox.</p>\n</section>\n")
        write(json: (try? comparison.json()) ?? "null", into: &html)
    }

    /// A `<` in a name could end the element, so it is written as an escape.
    private static func write(json: String, into html: inout HTML) {
        html.raw("<script type=\"application/json\" id=\"comparison\">\n")
        html.raw(json.split(separator: "<", omittingEmptySubsequences: false).joined(separator: "\\u003c"))
        html.raw("</script>\n")
    }

    /// Quoted as one word of a shell.
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
