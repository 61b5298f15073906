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
