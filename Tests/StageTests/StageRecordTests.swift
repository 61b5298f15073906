import BgdemoBenchmarking
import BgdemoSystemCompat
import BgdemoTestSupport
import Foundation
import Testing

@testable import BgdemoStage

extension StageTests {
    @Suite struct StageRecordTests {
        /// What the page shows of the large lane: asked, answered, delivered, not yet, twice, lost, refused.
        private static let figures =
            "return [...document.querySelectorAll('.lane [data-score]')].slice(0, 7).map(value => value.textContent).join(' ')"

        private static func figures(_ score: MailLedger.Score) -> String {
            [score.asked, score.answered, score.delivered, score.notYet, score.twice, score.lost, score.refused]
                .map(String.init).joined(separator: " ")
        }

        @Test("The page's numbers are those of the inbox and of the seed; other browsers and the record show the same")
        func numbers() async throws {
            try await withDirectory { folder in
                let (record, exported) = (folder.string + "/record.ndjson", folder.string + "/talk.html")
                var shown = ""
                try await page([.resque, .foreground], record: record) { stage, browser, url in
                    let lane = stage.lanes[0]
                    let counter = Counter(lane.run)
                    stage.ground.mailServer.add(counter)

                    // A worker dies with mails in its hand, which are seen coming back.
                    try await act(stage, "smtp-slow")
                    try await act(stage, "send 3")
                    try await wait("mails in the worker's hand") {
                        lane.update { state in
                            guard let pid = state.processes[.worker]?.pid else { return false }
                            return state.ledger.held(by: pid, answers: false).count == 3
                        }
                    }
                    try await act(stage, "kill-worker")
                    try await browser.wait(
                        until: "document.querySelector('.events').innerText.includes('its 3 mails: 3 not back')")
                    try await act(stage, "smtp-up")
                    try await browser.wait(
                        until: "document.querySelector('.events').innerText.includes('its 3 mails back after')",
                        within: .seconds(40))
                    #expect(counter.ids == 3)

                    // The same load as that of compare with this seed.
                    try await act(stage, "rate 40 resque for 2")
                    let load = Load(.open(rate: 40), seconds: 2, seed: stage.settings.seed)
                    let count = 3 + load.schedule().count
                    try await wait("the mails of the rate") { counter.ids == count }
                    try await wait("the end of the rate") { lane.update(\.rate) == 0 }
                    try await browser.wait(
                        until: "document.querySelector('[data-score=delivered]').textContent === '\(count)'")
                    let score = lane.update(\.ledger.score)
                    #expect(score.asked == count && score.delivered == counter.ids && score.twice == counter.twice)
                    shown = Self.figures(score)
                    try await browser.wait(until: "(() => { \(Self.figures) })() === '\(shown)'")

                    try await WebDriver.with { second in
                        try await second.open(url)
                        try await second.wait(
                            until: "document.querySelector('.lane') && (() => { \(Self.figures) })() === '\(shown)'")
                        for what in ["h2", ".address", "[data-box=worker] .pid", ".events"] {
                            let script = "return document.querySelector('.lane \(what), .caption \(what)')?.textContent"
                            let (one, other) = (try await browser.text(script), try await second.text(script))
                            #expect(one == other, "\(what)")
                        }
                    }
                    let page = try await fetch("/export", port: #require(Int(url.split(separator: ":")[2].dropLast())))
                    #expect(page.status == 200 && page.text.contains("id=\"record\""))
                }
                try Data(StageExport.page(ofRecord: record).utf8).write(to: URL(filePath: exported))
                try await WebDriver.with { browser in
                    try await browser.disconnect()
                    try await browser.open("file://\(exported)")
                    try await browser.wait(until: "window.stage && document.querySelector('.lane')")
                    #expect(try await browser.text("return performance.getEntriesByType('resource').length") == "0")
                    try await Self.compare(browser, with: record)
                    try await browser.wait(until: "(() => { \(Self.figures) })() === '\(shown)'")
                    // It plays by itself, slower and faster.
                    try await browser.press("+", "+", "+", " ")
                    try await browser.wait(until: "stage.player.speed === 8 && stage.player.isPlaying")
                    try await browser.wait(until: "!stage.player.isPlaying && stage.player.at === stage.player.end")
                    #expect(try await browser.text(Self.figures) == shown)
                    #expect(try await browser.console() == [])
                }
            }
        }

        /// What a record begins with.
        private static let staged =
            #"{"t":0,"stage":{"version":1,"seed":"1","lanes":[{"name":"</script><b>x","summary":"s","redis":true,"roles":["worker"]}],"steps":[{"address":"a/b","title":"t"}]}}"#

        @Test(
            "What is no record is refused, with the line that is wrong",
            arguments: [
                ("", "this is no record"), ("{}", "this is no record"), (#"{"t":0,"focus":[0]}"#, "this is no record"),
                (String(Self.staged.dropLast(9)), "this is no record"), ("[" + Self.staged, "this is no record"),
                (Self.staged.replacingOccurrences(of: "\"version\":1", with: "\"version\":2"), "this is no record"),
                (Self.staged.replacingOccurrences(of: "[\"worker\"]", with: "\"worker\""), "this is no record"),
                (Self.staged.replacingOccurrences(of: "\"t\":0", with: "\"t\":-1"), "this is no record"),
                (Self.staged + "\nx\n" + #"{"t":1}"#, "line 2 of the record is no event"),
                (Self.staged + "\n" + #"{"t":1e99}"# + "\n", "line 2 of the record is no event"),
                (Self.staged + "\n" + #"{"focus":[0]}"# + "\n", "line 2 of the record is no event"),
                (
                    Self.staged + "\n" + String(repeating: "[", count: 100_000) + "\n",
                    "line 2 of the record is no event"
                ),
                (Self.staged + "\n\u{0}\n", "line 2 of the record is no event"),
            ] as [(String, String)])
        func refuses(record: String, reason: String) {
            do {
                _ = try StageRecord(Array(record.utf8))
                Issue.record("it was read")
            } catch {
                #expect(error.description.hasPrefix(reason))
            }
        }

        @Test("Wrong events of a record, and a last line that was cut off, leave the others; an address is gone to")
        func hostile() async throws {
            let events = [
                #"{"t":10,"focus":[0,7,null]}"#, #"{"t":20,"focus":5}"#,
                #"{"t":30,"process":null,"rate":3,"mails":[[0],5,null,[9,1,"a"]]}"#,
                #"{"t":40,"scores":[null],"own":0,"__proto__":{},"constructor":1,"toString":{"x":1}}"#,
                #"{"t":45,"fault":{"id":1,"name":"<img src=x>","title":"<img src=x>","lane":0,"from":40,"on":true}}"#,
                #"{"t":50,"step":{"place":0,"address":"a/b","title":"<i>The end</i>"},"mails":[[0,1,"a"],[0,1,"zz"],[0,1,"i"]]}"#,
                #"{"t":60,"scores":[{"asked":7,"answered":7,"delivered":6,"notYet":1,"twice":0,"lost":0,"refused":0,"ratio":1}]}"#,
            ]
            try await withDirectory { folder in
                let path = folder.string + "/record.ndjson"
                let text = ([Self.staged] + events + [#"{"t":70,"scores":[{"asked":8,"answ"#]).joined(separator: "\n")
                try text.write(toFile: path, atomically: true, encoding: .utf8)
                try Data(StageExport.page(ofRecord: path).utf8).write(to: URL(filePath: folder.string + "/talk.html"))
                try await WebDriver.with { browser in
                    for address in ["", "#a/b", "#t=0.06", "#%zz"] {
                        try await browser.open("about:blank")
                        try await browser.open("file://\(folder)/talk.html\(address)")
                        try await browser.wait(until: "document.querySelector('h1').textContent === '<i>The end</i>'")
                        try await browser.wait(until: "document.querySelector('h2').textContent === '</script><b>x'")
                        try await browser.wait(until: "(() => { \(Self.figures) })() === '7 7 6 1 0 0 0'")
                    }
                    #expect(try await browser.accessibilityFaults() == "")
                    #expect(
                        try await browser.text("return String(document.querySelectorAll('img, main b b').length)")
                            == "0")
                    #expect(try await browser.console() == [])
                }
            }
        }

        /// Goes to several times of the record, the last one at its end; the page shows what the record says of them.
        private static func compare(_ browser: WebDriver, with record: String) async throws {
            let lines = try String(contentsOfFile: record, encoding: .utf8).split(separator: "\n").map { line in
                try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            }
            let scores = lines.compactMap { line -> (time: Int, score: [String: Any])? in
                guard let time = line["t"] as? Int, let lanes = line["scores"] as? [[String: Any]] else { return nil }
                return (time, lanes[0])
            }
            #expect(scores.count > 4)
            _ = try await browser.text("stage.player.play(false); return ''")
            for place in [scores.count / 2, scores.count / 3, scores.count - 1] {
                let (time, score) = scores[place]
                let names = ["asked", "answered", "delivered", "notYet", "twice", "lost", "refused"]
                let expected = names.map { "\(score[$0] ?? "?")" }.joined(separator: " ")
                _ = try await browser.text("stage.player.seek(\(time)); return ''")
                try await browser.wait(until: "(() => { \(figures) })() === '\(expected)'")
            }
        }
    }
}
