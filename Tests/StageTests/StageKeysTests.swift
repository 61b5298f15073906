import BgdemoBenchmarking
import BgdemoSystemCompat
import BgdemoTestSupport
import Foundation
import Testing

@testable import BgdemoStage

extension StageTests {
    /// Keys of the page that no process answers, and how the page shows motion and low windows.
    @Suite struct StageKeysTests {
        private static let lanes = "document.querySelector('.lanes').dataset.lanes"
        private static let address = "document.querySelector('.address').textContent"

        @Test("Shift and a digit set a lane beside the first, e sends 100, PageDown and PageUp go on and back")
        func keys() async throws {
            try await page([.resque, .foreground, .fireAndForget]) { stage, browser, _ in
                try await browser.press("3", with: WebDriver.shift)
                try await browser.wait(until: "\(Self.lanes) === 'resque fire-and-forget'")
                try await browser.press("2")
                try await browser.wait(until: "\(Self.lanes) === 'foreground'")
                try await browser.press("e")
                try await wait("100 mails") { stage.lanes[1].update(\.ledger.score).asked == 100 }
                try await browser.wait(
                    until: "parseFloat(document.querySelector('[data-score=requests]').textContent) > 10")
                try await browser.press(WebDriver.pageDown)
                try await browser.wait(until: "\(Self.address) === '#resque/meet'")
                try await browser.press(WebDriver.pageDown)
                try await browser.wait(until: "\(Self.address) === '#resque/better'")
                try await browser.press(WebDriver.pageUp)
                try await browser.wait(until: "\(Self.address) === '#resque/meet'")
            }
        }

        @Test("o exports the stage as one file")
        func export() async throws {
            try await withDirectory { folder in
                try await page([.foreground]) { _, browser, _ in
                    try await browser.saveDownloads(in: folder.string)
                    try await browser.press("o")
                    try await wait("the file") {
                        let text = try? String(contentsOfFile: folder.string + "/stage.html", encoding: .utf8)
                        return text?.contains("id=\"record\"") == true
                    }
                }
            }
        }

        @Test("Where less motion is asked for, dots are at once where their mails are", arguments: [true, false])
        func motion(isReduced: Bool) async throws {
            try await page([.resque]) { stage, browser, _ in
                try await browser.emulate("prefers-reduced-motion", isReduced ? "reduce" : "no-preference")
                try await act(stage, "stop-worker")
                try await browser.wait(until: "document.querySelector('[data-box=worker]').dataset.state === 'stopped'")
                _ = try await browser.text("stage.frames.length = 0; return ''")
                try await act(stage, "send 10")
                try await browser.wait(until: "document.querySelector('[data-box=queue] .count').textContent === '10'")
                // Frames that follow each other are noted: something has moved between them.
                if isReduced {
                    #expect(try await browser.text("return stage.frames.length") == "0")
                } else {
                    try await browser.wait(until: "stage.frames.length > 5")
                }
                try await act(stage, "continue-worker")
            }
        }

        @Test("A duel fits a low window", arguments: [640, 600, 540])
        func low(height: Int) async throws {
            try await page([.local, .resque, .fireAndForget, .pubSub], height: height) { stage, browser, _ in
                try await act(stage, "focus resque local")
                try await act(stage, "rate 20 all")
                try await browser.wait(until: "\(Self.lanes) === 'resque local'")
                try await browser.wait(until: "document.querySelectorAll('.plots path').length > 3")
                let found = try await browser.text(StagePageTests.faultsOfLayout)
                #expect(found.split(separator: "; ").filter { height > 560 || $0 != "higher than the window" } == [])
                try await browser.picture("stage-low-\(height)")
            }
        }
    }

    @Test("A mail whose process died is not yet there, and lost only after 15 s in which nothing is broken")
    func lost() async throws {
        try await Self.stage([.fireAndForget]) { stage in
            let lane = stage.lanes[0]
            try await Self.act(stage, "smtp-slow")
            try await Self.act(stage, "send 3")
            try await Self.wait("the answers") { lane.update(\.ledger.score).answered == 3 }
            let dying = lane.update { $0.ledger.missing.count }
            #expect(dying > 0)
            try await Self.act(stage, "kill-server")
            try await Self.act(stage, "smtp-up")
            try await Self.wait("another web server") { lane.allAreUp }
            let calm = ContinuousClock.now
            let left = lane.update(\.ledger.score)
            #expect(left.notYet > 0 && left.lost == 0)
            try await Self.wait("the loss") { lane.update(\.ledger.score).lost > 0 }
            #expect(ContinuousClock.now - calm > .seconds(14))
            let score = lane.update(\.ledger.score)
            #expect(score.lost == left.notYet && score.notYet == 0 && score.delivered + score.lost == 3)
        }
    }
}
