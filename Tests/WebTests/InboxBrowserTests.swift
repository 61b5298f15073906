import BgdemoSMTPInbox
import BgdemoTestSupport
import Testing

@testable import BgdemoWeb

extension BrowserTests {
    /// The inbox as a person sees and works it.
    @Suite struct InboxBrowserTests {
        private static let mail = """
            From: Ann Example <ann@b.example>\r
            To: Bob <bob@d.example>\r
            Subject: Your order has shipped\r
            Content-Type: multipart/alternative; boundary=x\r
            \r
            --x\r
            Content-Type: text/plain; charset=utf-8\r
            \r
            Hello Bob,\r
            \r
            your order 4711 is on its way and should arrive on Tuesday.\r
            --x\r
            Content-Type: text/html; charset=utf-8\r
            \r
            <h1>Hello Bob</h1><p>your order <b>4711</b> is on its way.<script>parent.document.title='owned'</script>\r
            <img src=http://192.0.2.1/pixel.png>\r
            --x--
            """

        private static func subjects(_ subjects: [String]) -> [String] {
            subjects.map {
                "From: ann@b.example\r\nSubject: \($0)\r\n\r\nText of \($0), which is a little longer than a row."
            }
        }

        /// Messages of a console that tells of no fault but of the frame that is told to load nothing.
        private func faults(_ browser: WebDriver) async throws -> [String] {
            try await browser.console().filter { !$0.contains("/html") }
        }

        @Test("Fits the window and shows mails as they come", arguments: [(1280, 720, false), (390, 844, true)])
        func live(_ width: Int, _ height: Int, _ isDark: Bool) async throws {
            try await WebServer.with { web in
                try await web.receive(Self.subjects(["Welcome", "Reset your password"]) + [Self.mail])
                try await WebDriver.with(width: width, height: height, isDark: isDark) { browser in
                    try await browser.open(web.url + "/")
                    try await browser.wait(until: "document.querySelectorAll('.row').length === 3")
                    #expect(
                        try await browser.text("return String(document.documentElement.scrollWidth <= innerWidth)")
                            == "true")
                    let ground = try await browser.text(
                        "return getComputedStyle(document.documentElement).backgroundColor")
                    #expect(ground == (isDark ? "rgb(20, 22, 26)" : "rgb(246, 247, 249)"))
                    try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                    try await web.receive(Self.subjects(["Invoice 2026-11"]))
                    try await browser.wait(
                        until: "document.querySelector('.row').innerText.includes('Invoice 2026-11')")
                    #expect(try await browser.text("return document.title") == "Inbox (4) · bgdemo")
                    try await browser.picture("inbox-\(width)")
                    try await browser.click(".row a.open")
                    try await browser.wait(until: "document.querySelector('h1').innerText === 'Invoice 2026-11'")
                    try await browser.open(web.url + "/mails/3?view=html")
                    try await browser.wait(until: "document.querySelector('iframe')")
                    #expect(try await browser.text("return document.title") == "Your order has shipped · bgdemo")
                    try await browser.picture("mail-html-\(width)")
                    try await browser.open(web.url + "/mails/3")
                    try await browser.picture("mail-\(width)")
                    #expect(
                        try await browser.text("return String(document.documentElement.scrollWidth <= innerWidth)")
                            == "true")
                    #expect(try await faults(browser) == [])
                }
            }
        }

        @Test("Is worked by keys alone")
        func keys() async throws {
            try await WebServer.with { web in
                try await web.receive(Self.subjects(["one", "two", "three"]))
                try await WebDriver.with { browser in
                    try await browser.open(web.url + "/")
                    try await browser.wait(until: "document.querySelectorAll('.row').length === 3")
                    try await browser.press("j", "j", WebDriver.enter)
                    try await browser.wait(until: "document.querySelector('h1').innerText === 'two'")
                    try await browser.press(WebDriver.escape)
                    try await browser.wait(until: "document.querySelectorAll('.row.unread').length === 2")
                    try await browser.press("?")
                    try await browser.wait(until: "document.getElementById('keys').open")
                    try await browser.picture("keys")
                    try await browser.press(WebDriver.escape)
                    try await browser.press("/")
                    try await browser.type("subject:three")
                    try await browser.press(WebDriver.enter)
                    try await browser.wait(
                        until: "location.search.includes('three') && document.querySelectorAll('.row').length === 1")
                    try await browser.press("j", "x", "d")
                    try await browser.answerDialog(false)
                    #expect(web.inbox.mails.count == 3)
                    try await browser.press("d")
                    try await browser.answerDialog(true)
                    // The list is the one before, in which nothing is any more.
                    try await browser.wait(
                        until:
                            "location.search.includes('three') && document.querySelector('.empty').innerText.includes('No mail')"
                    )
                    #expect(web.inbox.mails.newest().map(\.subject) == ["two", "one"])
                    try await browser.press(WebDriver.escape)
                    try await browser.wait(
                        until: "location.search === '' && document.querySelectorAll('.row').length === 2")
                    #expect(try await faults(browser) == [])
                }
            }
        }

        @Test("d removes the row that j has reached, asks nothing without one, and a mail leads back to its search")
        func actsOnTheRow() async throws {
            try await WebServer.with { web in
                try await web.receive(Self.subjects(["other", "find one", "find two", "find three"]))
                try await WebDriver.with { browser in
                    try await browser.open(web.url + "/?q=find")
                    try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                    try await browser.press("d")
                    try await browser.wait(
                        until: "document.querySelector('.status').textContent === 'nothing is selected'")
                    try await browser.press("j", "d")
                    try await browser.answerDialog(true)
                    try await browser.wait(
                        until: "location.search === '?q=find' && document.querySelectorAll('.row').length === 2")
                    #expect(web.inbox.mails.newest().map(\.subject) == ["find two", "find one", "other"])
                    try await browser.press("j", WebDriver.enter)
                    try await browser.wait(until: "document.querySelector('h1').innerText === 'find two'")
                    try await browser.click("[href='?view=headers']")
                    try await browser.wait(until: "location.search === '?view=headers'")
                    try await browser.press(WebDriver.escape)
                    try await browser.wait(
                        until: "location.search === '?q=find' && document.querySelectorAll('.row').length === 2")
                    try await browser.click("[data-select-all]")
                    let boxes = "[...document.querySelectorAll('[type=checkbox]')].map(b => b.checked).join()"
                    #expect(try await browser.text("return \(boxes)") == "true,true,true")
                    try await browser.rest(on: "h1")
                    try await web.receive(Self.subjects(["find four"]))
                    try await browser.wait(until: "\(boxes) === 'false,false,true,true'")
                    #expect(try await faults(browser) == [])
                }
            }
        }

        @Test("Shows hostile texts as texts")
        func hostile() async throws {
            try await WebServer.with { web in
                for text in Hostile.texts.map({ $0.replacing("\u{0}", with: "") }) {
                    try await web.receive([
                        "From: \(text)\r\nTo: \(text)\r\nSubject: \(text)\r\nContent-Type: text/plain; name=\"\(text)\"\r\n\r\n\(text)"
                    ])
                }
                try await WebDriver.with { browser in
                    try await browser.open(web.url + "/")
                    try await browser.wait(until: "document.querySelectorAll('.row').length === \(Hostile.texts.count)")
                    #expect(
                        try await browser.text("return document.title") == "Inbox (\(Hostile.texts.count)) · bgdemo")
                    for id in 1...Hostile.texts.count {
                        for view in ["text", "headers", "raw", "parts"] {
                            try await browser.open(web.url + "/mails/\(id)?view=\(view)")
                            #expect(
                                try await browser.text(
                                    "return String(document.querySelectorAll('main').length + document.scripts.length)")
                                    == "2")
                            #expect(try await browser.text("return document.title").hasSuffix(" · bgdemo"))
                            guard ["text", "parts"].contains(view) else { continue }
                            #expect(try await browser.faultsOfPage() == [], "mail \(id), \(view)")
                        }
                    }
                    try await browser.open(web.url + "/")
                    #expect(try await browser.faultsOfPage() == [])
                    try await browser.open(web.url + "/?q=%22%3E%3Cscript%3E1%3C/script%3E")
                    #expect(
                        try await browser.text("return document.getElementById('q').value") == "\"><script>1</script>")
                    #expect(try await faults(browser) == [])
                }
            }
        }

        @Test("Says since when it is stale, and goes on with a server that is started again")
        func restart() async throws {
            try await WebDriver.with { browser in
                let port = try await freePort()
                try await WebServer.with(port: port) { web in
                    try await web.receive(Self.subjects(["before"]))
                    try await browser.open(web.url + "/")
                    try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                }
                try await browser.wait(until: "/^stale since \\d/.test(document.querySelector('.status').textContent)")
                try await browser.picture("stale")
                try await WebServer.with(port: port) { web in
                    try await web.receive(Self.subjects(["after"]))
                    try await browser.wait(
                        until: "document.querySelector('.row').innerText.includes('after')", within: .seconds(30))
                    try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                }
            }
        }

        @Test("Two tabs that delete one mail: the second is told that somebody was faster")
        func twoTabs() async throws {
            try await WebServer.with { web in
                try await web.receive(Self.subjects(["one"]))
                try await WebDriver.with { browser in
                    try await browser.open(web.url + "/mails/1")
                    try await browser.click("[data-remove]")
                    // The page waits for its answer while another tab deletes the mail.
                    web.inbox.mails.remove([1])
                    try await browser.answerDialog(true)
                    try await browser.wait(
                        until: "document.querySelector('h1').innerText.startsWith('somebody was faster')")
                    try await browser.picture("conflict")
                }
            }
        }
    }
}
