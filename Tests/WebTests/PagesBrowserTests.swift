import BgdemoTestSupport
import Eventr
import Resque
import Testing

@testable import BgdemoWeb

extension BrowserTests {
    /// Every page of an estate: it fits, is accessible, loads nothing from elsewhere, and leaves no error.
    @Suite struct PagesBrowserTests {
        private static let pages = [
            "queues", "queues/queue/emailQueue", "queues/working", "queues/workers", "queues/delayed",
            "queues/schedules", "queues/failed", "queues/redis", "queues/redis/resque%3Aworkers%3Aheartbeat",
            "queues/redis/resque%3Aqueue%3AemailQueue", "events", "events/partition/29857612", "events/consumer/myApp",
            "bus",
            "bus?event=%7B%22bus_event_type%22%3A%22other%22%7D", "queues/none",
        ]

        @Test(
            "Each page fits, is accessible, loads nothing from elsewhere, and has all for the keyboard",
            arguments: WebDriver.looks)
        func pages(_ width: Int, _ height: Int, _ isDark: Bool) async throws {
            try await RedisPages.with { web in
                try await QueuesBrowserTests.fill(web)
                try await EventsPagesTests.fill(web)
                try await BusPagesTests.fill(web)
                try await WebDriver.with(width: width, height: height, isDark: isDark) { browser in
                    var paints: [Int] = []
                    for page in Self.pages {
                        try await browser.open("\(web.url)/\(page)")
                        if page != "queues/none" {
                            try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                        }
                        let name = page.replacing("/", with: "-").prefix { $0 != "?" }
                        try await browser.picture("\(name)\(page.contains("?") ? "-asked" : "")-\(width)")
                        #expect(try await browser.faultsOfPage() == [], "\(page)")
                        if let paint = try await browser.firstPaint() { paints.append(paint) }
                    }
                    print("first paint at \(width): \(paints.sorted()) ms")
                    #expect(try #require(paints.min()) < 300)
                    #expect(try await browser.console().filter { !$0.contains("queues/none") } == [])
                }
            }
        }

        @Test("A group is retried, a dead event retried and removed, and a consumer replayed, by a person's hand")
        func acts() async throws {
            try await RedisPages.with { web in
                try await QueuesBrowserTests.fill(web)
                try await EventsPagesTests.fill(web)
                try await WebDriver.with { browser in
                    try await browser.open("\(web.url)/queues/failed")
                    try await browser.click("button[data-group]")
                    // Another tab is faster with one of the group while the question is open.
                    let first = try await web.queue.failed()[0]
                    try await web.queue.remove(first)
                    try await browser.answerDialog(true)
                    try await browser.wait(
                        until:
                            "document.querySelector('.notice').innerText === '6 jobs were retried; somebody was faster with 1.'"
                    )
                    #expect(try await web.queue.failedCount() == 1)
                    try await browser.open("\(web.url)/events")
                    try await browser.press("j", WebDriver.enter)
                    try await browser.wait(until: "document.querySelector('h1').innerText === 'myApp'")
                    try await browser.press("j", "x", "r")
                    try await browser.wait(until: "document.querySelector('.notice').innerText.includes('retried')")
                    try await browser.press("j", "x", "d")
                    try await browser.answerDialog(true)
                    try await browser.wait(until: "document.querySelector('.notice').innerText.includes('removed')")
                    #expect(try await web.log.deadCount(of: "myApp") == 1)
                    // Another tab removes the last one while the question is open.
                    try await browser.press("j", "x", "d")
                    let last = try await web.log.dead(of: "myApp", newest: 0..<1)[0]
                    #expect(try await web.log.remove(last, of: "myApp"))
                    try await browser.answerDialog(true)
                    try await browser.wait(
                        until: "document.querySelector('h1').innerText.startsWith('somebody was faster')")
                    try await browser.open("\(web.url)/events/consumer/myApp")
                    try await browser.click("#replay ~ form button")
                    try await browser.answerDialog(true)
                    try await browser.wait(
                        until: "document.querySelector('.notice').innerText === '5 events are to be read again.'")
                    #expect(try await browser.console().filter { !$0.contains("409") } == [])
                }
            }
        }

        /// A browser has six connections to a server, and a stream keeps one.
        @Test("Twelve windows of three sections follow what changes, and still open the next page")
        func manyWindows() async throws {
            try await RedisPages.with { web in
                try await QueuesBrowserTests.fill(web)
                try await EventsPagesTests.fill(web)
                try await BusPagesTests.fill(web)
                try await WebDriver.with { browser in
                    var windows: [String] = []
                    for page in ["queues", "events", "bus", "queues", "queues/failed", "events", "bus", "queues"] {
                        windows.append(try await browser.openWindow())
                        try await browser.open("\(web.url)/\(page)")
                        try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                    }
                    for _ in 0..<4 {
                        windows.append(try await browser.openWindow())
                        try await browser.open("\(web.url)/queues")
                    }
                    try await web.queue.enqueue("Late", to: "late")
                    for window in windows where window != windows[4] {
                        try await browser.switchTo(window: window)
                        guard try await browser.text("return location.pathname") == "/queues" else { continue }
                        try await browser.wait(
                            until: "document.querySelector('[href=\"/queues/queue/late\"]') && !document.hidden")
                        try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                    }
                    // The one that holds the stream goes, and another takes its place.
                    try await browser.switchTo(window: windows[0])
                    try await browser.open("about:blank")
                    try await web.queue.enqueue("Later", to: "later")
                    try await browser.switchTo(window: windows[11])
                    try await browser.wait(until: "document.querySelector('[href=\"/queues/queue/later\"]')")
                    try await browser.click("[href='/queues/queue/later']")
                    try await browser.wait(until: "document.querySelector('h1').innerText === 'later'")
                    #expect(try await browser.console() == [])
                }
            }
        }

        @Test(
            "A time of another day has its date, of another year its year, before or after now, and the exact one as title"
        )
        func times() async throws {
            try await RedisPages.with { web in
                try await WebDriver.with { browser in
                    try await browser.open("\(web.url)/bus")
                    _ = try await browser.text(
                        """
                        for (const days of [0, 40, -40, 800]) {
                          const time = document.createElement('time');
                          time.dateTime = new Date(Date.now() + days * 864e5).toISOString();
                          document.body.append(time);
                        }
                        return '';
                        """)
                    let times = "[...document.querySelectorAll('body > time')]"
                    try await browser.wait(until: "\(times).every(time => time.title === time.dateTime)")
                    let right = try await browser.text(
                        """
                        const [now, ...others] = \(times), year = time => String(new Date(time.dateTime).getFullYear());
                        return [
                          /^[0-9:]+(\\s[AP]M)?$/.test(now.textContent),
                          ...others.map(time => time.textContent.includes(String(new Date(time.dateTime).getDate()))
                            && time.textContent.includes(',')
                            && time.textContent.includes(year(time)) === (year(time) !== year(now))),
                        ].join();
                        """)
                    #expect(right == "true,true,true,true")
                }
            }
        }

        @Test("A page that Redis was away for is shown as soon as Redis is back")
        func redisIsBack() async throws {
            try await RedisPages.with { web in
                try await WebDriver.with { browser in
                    try await web.redisServer.end()
                    var windows: [String] = []
                    for page in ["queues", "events"] {
                        windows.append(try await browser.openWindow())
                        try await browser.open("\(web.url)/\(page)")
                        try await browser.wait(
                            until: "document.querySelector('main').innerText.includes('503 Service Unavailable')")
                    }
                    try await web.redisServer.start()
                    for (window, title) in zip(windows, ["Queues", "Events"]) {
                        try await browser.switchTo(window: window)
                        try await browser.wait(
                            until: "document.querySelector('h1').innerText === '\(title)'", within: .seconds(30))
                        #expect(try await browser.text("return document.title") == "\(title) · bgdemo")
                        try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                    }
                }
            }
        }

        /// Each page with hostile texts, and those of a queue, a key and a consumer whose names they are.
        private static var hostilePages: [String] {
            let names = Hostile.texts.map { PageFields.encode($0) }
            return [
                "queues", "queues/working", "queues/workers", "queues/delayed", "queues/schedules", "queues/failed",
                "queues/failed?q=\(names[0])", "queues?q=\(names[10].prefix(3_000))", "queues/redis", "events",
                "events/partition/29857612", "bus", "bus?event=\(names[0])",
            ] + [0, 5, 10].flatMap { ["queues/queue/\(names[$0])", "events/consumer/\(names[$0])"] }
                + [5, 10].map { "queues/redis/resque%3Aqueue%3A\(names[$0])" }
        }

        @Test("Hostile texts are texts on every page, which fits and is accessible with them", arguments: [1280, 390])
        func hostile(width: Int) async throws {
            try await RedisPages.with { web in
                try await web.fillHostile()
                try await WebDriver.with(width: width, height: 800) { browser in
                    for page in Self.hostilePages {
                        try await browser.open("\(web.url)/\(page)")
                        let name = page.prefix(80)
                        #expect(
                            try await browser.text(
                                "return String(document.querySelectorAll('main').length + document.scripts.length)")
                                == "2",
                            "\(name)")
                        #expect(try await browser.text("return document.title").hasSuffix(" · bgdemo"), "\(name)")
                        #expect(
                            try await browser.text("return String(document.querySelectorAll('main img').length)")
                                == "0",
                            "\(name)")
                        #expect(try await browser.faultsOfPage() == [], "\(name)")
                    }
                    let console = try await browser.console()
                    #expect(console == [], "\(console)")
                }
            }
        }
    }
}
