import BgdemoTestSupport
import RedisClient
import Resque
import Testing

@testable import BgdemoWeb

extension BrowserTests {
    /// The pages of the queues as a person sees and works them.
    @Suite struct QueuesBrowserTests {
        static func fill(_ web: RedisPages) async throws {
            for number in 0..<40 {
                try await web.queue.enqueue("SendEmail", "user\(number)@example.org", to: "emailQueue")
            }
            for number in 0..<3 { try await web.queue.enqueue("Import", number, to: "imports") }
            _ = try await web.redis.send("SADD", "resque:queues", "idle")
            try await web.queue.enqueueAt(4_000_000_000, Job("SendEmail", queue: "idle"))
            try await web.queue.setSchedule("daily report", cron: "0 9 * * *", Job("SendReport", queue: "imports"))
            _ = try await web.redis.send(
                "HSET", "resque:workers:heartbeat", "web1:4711:emailQueue", "2026-11-28T15:20:13Z")
            _ = try await web.redis.send("HSET", "resque:schedules", "odd", #"{"class":"Odd","every":"sometimes"}"#)
            _ = try await web.redis.send("SADD", "resque:workers", "web1:4711:emailQueue", "web1:4712:emailQueue,idle")
            for worker in ["web1:4711:emailQueue", "web1:4712:emailQueue,idle"] {
                _ = try await web.redis.send(
                    "SET", "resque:worker:\(worker)",
                    #"{"queue":"emailQueue","run_at":"2026-11-28T15:20:13Z","payload":{"class":"SendEmail","args":["bob@example.org"]}}"#
                )
            }
            for number in 0..<7 {
                try await web.fail("SendEmail", "user\(number)@example.org", exception: "Net::ReadTimeout")
            }
            try await web.fail("Import", "sheet.csv", exception: "CSV::MalformedCSVError")
        }

        @Test("A page that takes long to show is shown rarely: twenty times what it has taken is left to others")
        func rests() async throws {
            try await RedisPages.with { web in
                try await Self.fill(web)
                try await WebDriver.with { browser in
                    try await browser.open("\(web.url)/queues")
                    try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                    _ = try await browser.text(
                        """
                        window.shown = [];
                        const main = document.querySelector('main'), replace = main.replaceChildren.bind(main);
                        main.replaceChildren = (...nodes) => {
                          shown.push(performance.now());
                          while (performance.now() - shown.at(-1) < 150);
                          replace(...nodes);
                        };
                        return '';
                        """)
                    // The overview changes every two seconds.
                    try await browser.wait(until: "shown.length === 3", within: .seconds(40))
                    let times = try await browser.text(
                        "return shown.slice(1).map((t, n) => t - shown[n] > 3000).join()")
                    #expect(times == "true,true")
                }
            }
        }

        @Test("Nothing moves under a pointer that rests on a button, and the question names what it is about")
        func restingPointer() async throws {
            try await RedisPages.with { web in
                try await Self.fill(web)
                try await WebDriver.with { browser in
                    try await browser.open("\(web.url)/queues/failed")
                    try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                    try await browser.rest(on: "section[aria-labelledby=groups] tbody tr button.danger")
                    // A larger group, which comes before it.
                    for number in 0..<9 { try await web.fail("Clean", "\(number)", exception: "Other") }
                    try await browser.wait(
                        until: "document.querySelector('.status').textContent === 'held under the pointer'")
                    try await browser.clickThere()
                    let question = try await browser.dialogText()
                    #expect(
                        question
                            == "Remove 7 jobs of \u{2068}SendEmail\u{2069} that failed with \u{2068}Net::ReadTimeout\u{2069} for good?"
                    )
                    try await browser.answerDialog(true)
                    try await browser.wait(
                        until: "document.querySelector('.notice').innerText === '7 jobs were removed.'")
                    #expect(try await web.queue.failedCount() == 10)
                    try await browser.rest(on: "h1")
                    try await web.fail("Late", "x")
                    try await browser.wait(
                        until:
                            "document.querySelector('main').innerText.includes('Late') && document.querySelector('.status').textContent === 'live'"
                    )
                    try await browser.open("\(web.url)/queues")
                    try await browser.click("[data-key='q-imports'] .act button")
                    #expect(try await browser.dialogText() == "Pause the queue \u{2068}imports\u{2069}?")
                    try await browser.answerDialog(true)
                    try await browser.wait(
                        until: "document.querySelector('[data-key=\"q-imports\"]').innerText.includes('paused')")
                }
            }
        }

        @Test("A refresh waits for a selection, keeps what was scrolled, and the bar hides no row")
        func keepsPlace() async throws {
            try await RedisPages.with { web in
                for number in 0..<30 { try await web.fail("Job\(number)", "x") }
                let trace = (0..<60).map { "\"frame \($0)\"" }.joined(separator: ",")
                let failed =
                    #"{"failed_at":"2026/11/23 15:19:23 UTC","payload":{"class":"A","args":[]},"exception":"E","error":"e","#
                    + #""worker":"h:1:q","queue":"mails","backtrace":["# + trace + "]}"
                _ = try await web.redis.send("RPUSH", "resque:failed", failed)
                try await WebDriver.with { browser in
                    try await browser.open("\(web.url)/queues/failed")
                    try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                    _ = try await browser.text(
                        """
                        document.querySelector('details').open = true;
                        document.querySelector('details pre').scrollTop = 120;
                        getSelection().selectAllChildren(document.querySelectorAll('.row code')[3]);
                        window.selected = String(getSelection());
                        return '';
                        """)
                    try await web.fail("Fresh", "y")
                    try await browser.wait(
                        until: "document.querySelector('.status').textContent === 'held for the selection'")
                    #expect(
                        try await browser.text("return String(selected && String(getSelection()) === selected)")
                            == "true")
                    _ = try await browser.text("getSelection().removeAllRanges(); return ''")
                    try await browser.wait(until: "document.querySelector('main').innerText.includes('Fresh')")
                    #expect(
                        try await browser.text("return String(document.querySelector('details pre').scrollTop)")
                            == "120")
                    for _ in 0..<31 { try await browser.press("j") }
                    for _ in 0..<28 {
                        try await browser.press("k")
                        let hidden = try await browser.text(
                            """
                            const row = document.querySelector('.current').getBoundingClientRect();
                            return String(row.top < document.querySelector('.bar').getBoundingClientRect().bottom);
                            """)
                        #expect(hidden == "false")
                    }
                }
            }
        }

        @Test("Without scripts nothing is removed before a box is ticked, and with them one question is asked")
        func sure() async throws {
            try await RedisPages.with { web in
                try await Self.fill(web)
                try await WebDriver.with { browser in
                    let remove = "[data-remove]", there = "\(web.url)/queues/queue"
                    try await browser.open("\(there)/imports")
                    try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                    try await web.queue.enqueue("Import", 4, to: "imports")
                    try await browser.wait(until: "document.querySelector('main').innerText.includes('4 jobs wait')")
                    try await browser.click(remove)
                    try await browser.answerDialog(true)
                    try await browser.wait(until: "location.pathname === '/queues'")
                    #expect(try await web.queue.length(of: "imports") == 0)
                    try await browser.forbidScripts()
                    try await browser.open("\(there)/emailQueue")
                    try await browser.click(remove)
                    #expect(try await browser.address() == "\(there)/emailQueue")
                    #expect(try await web.queue.length(of: "emailQueue") == 40)
                    try await browser.click("noscript input")
                    try await browser.click(remove)
                    let deadline = ContinuousClock.now + .seconds(10)
                    while try await web.queue.length(of: "emailQueue") > 0 {
                        try #require(ContinuousClock.now < deadline)
                    }
                }
            }
        }

        @Test("r retries the row that j has reached")
        func actsOnTheRow() async throws {
            try await RedisPages.with { web in
                try await Self.fill(web)
                try await WebDriver.with { browser in
                    try await browser.open("\(web.url)/queues/failed")
                    try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                    try await browser.press("r")
                    try await browser.wait(
                        until: "document.querySelector('.status').textContent === 'nothing is selected'")
                    try await browser.press("j", "r")
                    try await browser.wait(
                        until: "document.querySelector('.notice').innerText === '1 job was retried.'")
                    #expect(try await web.queue.failedCount() == 7)
                }
            }
        }

        @Test("Show what changes, and retry and remove by keys alone")
        func keys() async throws {
            try await RedisPages.with { web in
                try await Self.fill(web)
                try await WebDriver.with { browser in
                    try await browser.open("\(web.url)/queues")
                    try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                    try await web.queue.enqueue("Import", 4, to: "reports")
                    try await browser.wait(until: "document.querySelector('main').innerText.includes('reports')")
                    try await browser.open("\(web.url)/queues/failed")
                    try await browser.wait(until: "document.querySelectorAll('.row').length === 8")
                    try await browser.press("j", "x", "r")
                    try await browser.wait(until: "document.querySelectorAll('.row').length === 7")
                    #expect(try await web.queue.failedCount() == 7)
                    #expect(try await web.queue.length(of: "mails") == 1)
                    try await browser.press("j", "x", "d")
                    try await browser.answerDialog(true)
                    try await browser.wait(until: "document.querySelectorAll('.row').length === 6")
                    #expect(try await web.queue.failedCount() == 6)
                    // Another tab, or Ruby's page, was faster.
                    try await web.queue.clearFailed()
                    try await browser.press("j", "x", "r")
                    try await browser.wait(
                        until:
                            "document.querySelector('main').innerText.includes('somebody was faster') || document.querySelector('main').innerText.includes('Nothing has failed')"
                    )
                    #expect(try await browser.console().filter { !$0.contains("409") } == [])
                }
            }
        }
    }
}
