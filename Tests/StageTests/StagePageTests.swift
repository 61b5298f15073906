import BgdemoBenchmarking
import BgdemoHTTPServer
import BgdemoSMTPInbox
import BgdemoSystemCompat
import BgdemoTestSupport
import Foundation
import Logging
import NIOPosix
import Synchronization
import Testing

@testable import BgdemoStage

extension StageTests {
    /// A stage whose lanes run, and its page in a browser.
    static func page(
        _ lanes: [LanePlan], record: String? = nil, width: Int = 1280, height: Int = 720, isDark: Bool = false,
        _ body: (Stage, WebDriver, String) async throws -> Void
    ) async throws {
        try await stage(lanes, record: record) { stage in
            let server = try await HTTPServer.start(
                host: "127.0.0.1", port: 0, group: MultiThreadedEventLoopGroup.singleton,
                logger: .silentInTests, handler: StagePages(stage))
            let url = "http://127.0.0.1:\(server.port)/"
            let result: Swift.Result<Void, any Error>
            do {
                try await wait("all lanes") { stage.lanes.allSatisfy(\.allAreUp) }
                try await WebDriver.with(width: width, height: height, isDark: isDark) { browser in
                    try await browser.open(url)
                    try await browser.wait(until: "document.querySelector('.lane .box[data-state=up]')")
                    try await body(stage, browser, url)
                    #expect(try await browser.console() == [])
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await server.drain(within: .zero)
            try result.get()
        }
    }

    @Suite struct StagePageTests {
        /// The pid of a lane's process that is up.
        private static func pid(_ lane: Lane, _ role: ProcessRole) throws -> Int32 {
            try #require(lane.update(\.processes)[role]?.pid)
        }

        private static func waitForNext(_ lane: Lane, _ role: ProcessRole, after old: Int32) async throws {
            try await wait("the end of the \(role.rawValue)") { Processes.hasEnded(old) }
            try await wait("another \(role.rawValue)") {
                lane.update { state in state.processes[role].map { $0.pid != old && $0.state == .up } ?? false }
            }
        }

        private static func waitForBox(_ browser: WebDriver, _ box: String, _ state: String, _ pid: Int32? = nil)
            async throws
        {
            let selector = "document.querySelector('.lane [data-box=\"\(box)\"]')"
            let text = pid.map { " && \(selector).innerText.includes('\($0)')" } ?? ""
            try await browser.wait(until: "\(selector).dataset.state === '\(state)'\(text)")
        }

        @Test("Each key does what it says to the processes of its lane")
        func processKeys() async throws {
            try await page([.resque, .local]) { stage, browser, _ in
                let (resque, local) = (stage.lanes[0], stage.lanes[1])
                try await browser.press("w")
                try await browser.wait(until: "document.querySelector('[data-score=delivered]').textContent === '10'")
                #expect(resque.update(\.ledger.score).delivered == 10)

                for (role, box, kill, stop) in [
                    (ProcessRole.worker, "worker", "k", "s"), (.webServer, "web server", "j", "d"),
                ] {
                    let first = try Self.pid(resque, role)
                    try await browser.press(kill)
                    try await Self.waitForNext(resque, role, after: first)
                    let second = try Self.pid(resque, role)
                    try await Self.waitForBox(browser, box, "up", second)
                    try await browser.press(stop)
                    try await wait("the stopped \(box)") { Processes.state(of: second) == "T" }
                    try await Self.waitForBox(browser, box, "stopped", second)
                    try await browser.press(stop)
                    try await wait("the continued \(box)") { Processes.state(of: second) != "T" }
                    try await Self.waitForBox(browser, box, "up", second)
                }

                try await browser.press("2")
                try await browser.wait(until: "document.querySelector('.lane').dataset.lane === 'local'")
                let master = try Self.pid(local, .master)
                try await browser.press("m")
                try await Self.waitForNext(local, .master, after: master)
                try await wait("the master's children") { local.allAreUp }
                // Where there is no such process, the page says so.
                try await browser.press("1")
                try await browser.wait(until: "document.querySelector('.lane').dataset.lane === 'resque'")
                try await browser.press("m")
                try await browser.wait(until: "document.querySelector('.toast').innerText.includes('no master')")
                // Chromium reports the answer 409.
                #expect(try await browser.console().count == 1)
            }
        }

        @Test("Each key does what it says to the mail server, Redis and the load")
        func sharedKeys() async throws {
            try await page([.resque, .foreground]) { stage, browser, _ in
                let server = stage.ground.mailServer
                func listens() async -> Bool { await (try? RawClient.connect(port: server.port))?.close() != nil }
                let delay = server.settings.delay
                try await browser.press("x")
                try await wait("the closed port") { await !listens() }
                try await Self.waitForBox(browser, "inbox", "dead")
                try await browser.press("u")
                try await wait("the open port") { await listens() }
                try await browser.press("z")
                try await wait("a slow mail server") { server.settings.delay.mean > delay.mean }
                try await browser.press("v")
                try await wait("a flaky one") { server.settings.faults.contains { $0.probability < 1 } }
                try await browser.press("b")
                try await wait("one that says 421") { server.settings.faults.contains { $0.action == .reply(421) } }
                try await browser.press("h")
                try await wait("a healed one") { server.settings.faults.isEmpty && server.settings.delay == delay }

                let redis = try #require(stage.lanes[0].redis)
                let first = redis.pid
                try await browser.press("r")
                try await wait("another Redis") { redis.pid != first && Processes.hasEnded(first) }
                try await browser.wait(until: "document.querySelector('.events').innerText.includes('Redis killed')")
                func clients() async -> Set<String> {
                    let list = (try? await redisCLI(["-p", "\(redis.port)", "CLIENT", "LIST"])) ?? ""
                    return Set(
                        list.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) })
                }
                try await wait("the processes' connections") { await clients().count > 2 }
                let before = await clients()
                try await browser.press("t")
                try await wait("other connections") {
                    let now = await clients()
                    return now.count > 2 && now.isDisjoint(with: before)
                }
                try await browser.press("y")
                try await wait("the silent Redis") { Processes.state(of: redis.pid) == "T" }
                try await browser.press("h")
                try await wait("Redis again") { Processes.state(of: redis.pid) != "T" }

                let rate = "document.querySelector('[data-score=rate]').textContent"
                try await browser.press("+")
                try await browser.wait(until: "\(rate) === '1/s'")
                try await browser.press("+")
                try await browser.wait(until: "\(rate) === '5/s'")
                try await browser.press("-")
                try await browser.wait(until: "\(rate) === '1/s'")
                try await browser.press("0")
                try await browser.wait(until: "\(rate) === '0/s'")
                try await act(stage, "rate 50 resque for 0.5")
                try await browser.wait(until: "\(rate) === '50/s'")
                try await browser.wait(until: "\(rate) === '0/s'")
                try await browser.press("a", "q", "a")
                try await wait("a mail of each lane") { stage.lanes[1].update(\.ledger.score).asked == 1 }
                // A button is the same as its key.
                try await browser.click(".strip")
                try await browser.wait(until: "document.querySelector('.lane').dataset.lane === 'foreground'")
                try await browser.click(".actions [data-key=q]")
                try await wait("its mail") { stage.lanes[1].update(\.ledger.score).asked == 2 }
                try await browser.press("?")
                try await browser.wait(until: "document.querySelector('.keys').open")
                try await browser.press(WebDriver.escape)
                try await browser.wait(until: "!document.querySelector('.keys').open")
            }
        }

        @Test("Space goes on in the talk and an arrow back; each step has an address")
        func talk() async throws {
            try await page([.foreground, .resque]) { stage, browser, url in
                let address = "document.querySelector('.address').textContent"
                try await browser.press(" ")
                try await browser.wait(
                    until: "\(address) === '#foreground/meet' && location.hash === '#foreground/meet'")
                try await browser.press(WebDriver.right)
                try await browser.wait(until: "\(address) === '#foreground/better'")
                #expect(try await browser.text("return document.querySelector('.reasons').innerText") == "it is fast")
                try await browser.press(WebDriver.left)
                try await browser.wait(until: "\(address) === '#foreground/meet'")
                try await browser.press(WebDriver.backspace)
                _ = try await browser.text("location.hash = '#resque/kill-worker'; return ''")
                try await browser.wait(until: "\(address) === '#resque/kill-worker'")
                try await browser.wait(until: "document.querySelector('.lane').dataset.lane === 'resque'")
                try await browser.wait(until: "document.querySelector('.events').innerText.includes('kill -9 worker')")
                // Who opens an address goes there.
                try await browser.open("about:blank")
                try await browser.open(url + "#resque/still")
                try await browser.wait(until: "\(address) === '#resque/still'")
                #expect(stage.state.withLock { $0.focus } == [1])
            }
        }

        @Test(
            "Nothing overlaps or is cut, and no text of a large lane is under 18 px",
            arguments: [(1280, 720, false), (1280, 720, true), (390, 844, true)])
        func looks(_ width: Int, _ height: Int, _ isDark: Bool) async throws {
            try await page([.local, .resque, .fireAndForget, .pubSub], width: width, height: height, isDark: isDark) {
                stage, browser, _ in
                try await act(stage, "rate 20 all")
                for action in [
                    "stop-worker local", "smtp-down", "smtp-up", "kill-server local", "continue-worker local",
                ] {
                    try await act(stage, action)
                }
                for focus in ["focus local", "focus local fire-and-forget", "focus resque local"] {
                    try await act(stage, focus)
                    try await browser.wait(
                        until: "document.querySelector('.lanes').dataset.lanes === '\(focus.dropFirst(6))'")
                    try await browser.wait(until: "document.querySelectorAll('.plots .fault').length > 1")
                    let found = try await browser.text(Self.faultsOfLayout)
                    #expect(found == "", "\(focus)")
                    try await browser.picture(
                        "stage-\(width)-\(isDark ? "dark" : "light")-\(focus.split(separator: " ").count)")
                }
            }
        }

        /// Says what is cut, too small, or covers something else.
        static let faultsOfLayout = """
            const wide = innerWidth > 960, found = [];
            const meets = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
            for (const node of document.querySelectorAll('.lane *')) {
                const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
                if (wide && own && parseFloat(getComputedStyle(node).fontSize) < 18) found.push('small: ' + node.textContent);
            }
            for (const node of document.querySelectorAll('.box .name, .box .sign, .box .pid, .lane h2, .score dt, .score dd, .events span'))
                if (node.scrollWidth > node.clientWidth + 1 && node.clientWidth) found.push('cut: ' + node.textContent);
            for (const svg of document.querySelectorAll('.plots svg')) {
                const rects = [...svg.querySelectorAll('.fault-name, .title, .value')].map(text => [text.textContent, text.getBoundingClientRect()]);
                for (const [index, [name, rect]] of rects.entries())
                    for (const [other, second] of rects.slice(index + 1)) if (meets(rect, second)) found.push(`over: ${name} and ${other}`);
            }
            for (const lane of document.querySelectorAll('.lane')) {
                const edge = lane.getBoundingClientRect();
                for (const node of lane.querySelectorAll('.events span, .score div, .box')) {
                    const rect = node.getBoundingClientRect();
                    if (rect.right > edge.right + 1 || rect.bottom > edge.bottom + 1) found.push('outside: ' + node.textContent);
                }
            }
            if (document.documentElement.scrollWidth > innerWidth) found.push('wider than the window');
            if (wide && document.documentElement.scrollHeight > innerHeight) found.push('higher than the window');
            return found.join('; ');
            """

        @Test("compare runs and its report is shown")
        func compare() async throws {
            try await page([.foreground]) { _, browser, _ in
                try await browser.press("c")
                try await browser.wait(
                    until: """
                        document.querySelector('.report').open
                            && document.querySelector('.report iframe').contentDocument.body.innerText.includes('foreground')
                        """, within: .seconds(90))
                try await browser.press(WebDriver.escape)
                try await browser.wait(until: "!document.querySelector('.report').open")
            }
        }
    }
}
