import BgdemoBenchmarking
import BgdemoSMTPInbox
import BgdemoSystemCompat
import BgdemoTestSupport
import Foundation
import Synchronization
import Testing

@testable import BgdemoStage

extension StageTests {
    /// The hands by their buttons, and a speaker who is too fast.
    @Suite struct StageHandsTests {
        private static let events = "document.querySelector('.lane .events').innerText"

        /// Waits until the lane confirms something with its time.
        private static func waitFor(_ text: String, _ browser: WebDriver) async throws {
            try await browser.wait(until: "new RegExp('[•▲] \(text) \\\\d+:\\\\d\\\\d').test(\(events))")
        }

        @Test("Each hand has a button, and its lane confirms it with the time")
        func buttons() async throws {
            try await page([.resque, .local, .foreground]) { stage, browser, _ in
                let resque = stage.lanes[0]
                func press(_ key: String, _ text: String) async throws {
                    try await browser.click(".actions [data-key='\(key)']")
                    try await Self.waitFor(text, browser)
                }
                for (key, text) in [("q", "1 mail"), ("w", "10 mails"), ("e", "100 mails")] {
                    try await press(key, text)
                }
                try await wait("111 requests") { resque.update(\.ledger.score).asked == 111 }
                for (key, text) in [("+", "rate 1/s"), ("-", "rate 0/s")] { try await press(key, text) }

                for (key, stop, role, name) in [
                    ("k", "s", ProcessRole.worker, "worker"), ("j", "d", .webServer, "web server"),
                ] {
                    let first = try #require(resque.update(\.processes)[role]?.pid)
                    try await press(key, "kill -9 \(name)")
                    try await wait("the end of the \(name)") { Processes.hasEnded(first) }
                    try await wait("another \(name)") { resque.allAreUp }
                    let second = try #require(resque.update(\.processes)[role]?.pid)
                    try await press(stop, "\(name) stopped")
                    try await wait("the stopped \(name)") { Processes.state(of: second) == "T" }
                    try await press(stop, "\(name) continued")
                    try await wait("the continued \(name)") { Processes.state(of: second) != "T" }
                }
                let redis = try #require(resque.redis)
                let first = redis.pid
                try await press("r", "Redis killed")
                try await wait("another Redis") { redis.pid != first && Processes.hasEnded(first) }
                try await press("t", "Redis cut")
                try await press("y", "Redis silent")
                try await wait("the silent Redis") { Processes.state(of: redis.pid) == "T" }
                try await browser.click(".actions [data-key=h]")
                try await wait("Redis again") { Processes.state(of: redis.pid) != "T" }

                let server = stage.ground.mailServer
                try await press("z", "mail server slow")
                try await press("v", "mail server flaky")
                try await press("b", "mail server says 421")
                #expect(server.settings.faults.contains { $0.action == .reply(421) })
                try await press("x", "mail server down")
                await #expect(throws: (any Error).self) { try await RawClient.connect(port: server.port) }
                try await press("u", "mail server up")
                try await RawClient.connect(port: server.port).close()

                try await browser.press("2")
                try await browser.wait(until: "document.querySelector('.lane').dataset.lane === 'local'")
                let master = try #require(stage.lanes[1].update(\.processes)[.master]?.pid)
                try await press("m", "kill -9 master")
                try await wait("the end of the master") { Processes.hasEnded(master) }

                // For all lanes: those that have a worker.
                try await wait("all processes") { stage.lanes.allSatisfy(\.allAreUp) }
                let workers = try stage.lanes.prefix(2).map { try #require($0.update(\.processes)[.worker]?.pid) }
                try await browser.click(".actions [data-key=a]")
                try await press("k", "kill -9 worker")
                for pid in workers { try await wait("the end of a worker") { Processes.hasEnded(pid) } }
                try await wait("no fault is on") { stage.state.withLock(\.faults).isEmpty }
            }
        }

        @Test("The keyboard alone gets everywhere, and nothing is wrong for those who see or hear the page otherwise")
        func keyboard() async throws {
            try await page([.resque, .foreground]) { stage, browser, _ in
                try await browser.press(" ")
                try await browser.wait(until: "document.querySelector('.address').textContent === '#resque/meet'")
                let active = "document.activeElement"
                for (place, lane) in [(1, "foreground"), (0, "resque")] {
                    // Tab gets to the strip of the other lane, and Enter shows it large.
                    for _ in 0..<40 where try await browser.text("return String(\(active).className)") != "strip" {
                        try await browser.press(WebDriver.tab)
                    }
                    #expect(try await browser.text("return getComputedStyle(\(active)).outlineStyle") != "none")
                    try await browser.press(WebDriver.enter)
                    try await browser.wait(until: "document.querySelector('.lane').dataset.lane === '\(lane)'")
                    #expect(stage.state.withLock(\.focus) == [place])
                }
                for isDark in [false, true] {
                    try await browser.emulate("prefers-color-scheme", isDark ? "dark" : "light")
                    #expect(try await browser.accessibilityFaults() == "", "\(isDark)")
                }
                try await browser.press("?")
                try await browser.wait(until: "document.querySelector('.keys').open")
                let keys = try await browser.text("return document.querySelector('.keys').innerText")
                for text in ["kill", "421", "silent", "compare", "export", "talk back"] { #expect(keys.contains(text)) }
                #expect(try await browser.accessibilityFaults() == "")
                // While the keys are shown, they do nothing.
                try await browser.press("e")
                try await browser.press(WebDriver.escape)
                try await browser.wait(until: "!document.querySelector('.keys').open")
                try await browser.press("q")
                try await Self.waitFor("1 mail", browser)
                #expect(stage.lanes[0].update(\.ledger.score).asked < 100)
            }
        }

        @Test("A worker that is stopped while its master is killed ends as well")
        func stoppedWhileMasterDies() async throws {
            try await StageTests.stage([.local]) { stage in
                for _ in 0..<5 {
                    try await wait("all processes") { stage.lanes[0].allAreUp }
                    let worker = try #require(stage.lanes[0].update(\.processes)[.worker]?.pid)
                    // Either may be first, and be refused since the other was.
                    await withTaskGroup { group in
                        for action in ["stop-worker local", "kill-master local"] {
                            group.addTask { try? await act(stage, action) }
                        }
                    }
                    try await wait("the end of \(worker)") { Processes.hasEnded(worker) }
                    try await act(stage, "calm")
                }
            }
        }

        @Test("Keys that are pressed too fast, twice, or in each other's way leave everything whole")
        func fast() async throws {
            try await page([.resque, .local]) { stage, browser, url in
                let (resque, local) = (stage.lanes[0], stage.lanes[1])
                let redis = try #require(resque.redis)
                let old = try [(resque, ProcessRole.worker), (resque, .webServer), (local, .worker), (local, .master)]
                    .map {
                        try #require($0.update(\.processes)[$1]?.pid)
                    }
                let first = redis.pid
                // A step that ends while its Redis is down.
                let step = Task { try await act(stage, "redis-killed") }
                try await wait("the end of Redis") { Processes.hasEnded(first) }
                step.cancel()
                try await browser.press(" ", " ", " ")
                try await wait("another Redis") { redis.pid != first }
                try await browser.press(
                    "a", "s", "d", "k", "k", "j", "k", "j", "m", "m", "x", "u", "x", "u", "x", "r", "r", "t", "y", "r")
                // The worker of `local` was stopped too when its master was killed.
                for pid in old { try await wait("the end of \(pid)") { Processes.hasEnded(pid) } }
                // Steps are counted, however fast they are asked for.
                try await act(stage, "go resque/meet")
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 { group.addTask { try? await act(stage, "next") } }
                }
                #expect(stage.state.withLock(\.step) == 4)
                try await browser.wait(
                    until: "stage.model.step.place === 4 && document.querySelector('.lane').dataset.lane === 'resque'")
                // The last of several keys counts.
                try await browser.press("0", "a", "+", "+", "+", "-")
                try await wait("the rate") { resque.update(\.rate) == 5 && local.update(\.rate) == 0 }
                // Addresses that are none.
                _ = try await browser.text("location.hash = '#%'; return ''")
                try await browser.wait(
                    until: "document.querySelector('.toast').innerText.includes('there is no step #%')")
                try await browser.open("about:blank")
                try await browser.open(url + "#resque/%zz")
                try await browser.wait(until: "document.querySelector('.lane .box[data-state]')")

                try await wait("the end of all hands") { (try? await act(stage, "calm")) != nil }
                try await wait("all processes") { stage.lanes.allSatisfy(\.allAreUp) }
                try await wait("no fault is on") { stage.state.withLock(\.faults).isEmpty }
                let before = stage.lanes.map { $0.update(\.ledger.score).delivered }
                try await act(stage, "send 5 all")
                try await wait("the mails") {
                    zip(stage.lanes, before).allSatisfy { $0.update(\.ledger.score).delivered >= $1 + 5 }
                }
                // Chromium reports each answer 409; there is nothing else.
                #expect(try await browser.console().allSatisfy { $0.contains("409") })
            }
        }
    }
}
