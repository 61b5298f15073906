import BgdemoHTTPServer
import BgdemoTestSupport
import Synchronization
import Testing

@testable import BgdemoWeb

extension BrowserTests {
    /// The home page, the sign-in page and the inbox as a person sees them.
    @Suite struct HomeBrowserTests {
        private static let mail = """
            From: Ann Example <ann@b.example>\r
            Message-ID: <\(HomePagesTests.id)@bgdemo>\r
            Subject: hello\r
            Content-Type: multipart/mixed; boundary=x\r
            \r
            --x\r
            Content-Type: text/html; charset=utf-8\r
            \r
            <h1>Hello</h1>\r
            --x\r
            Content-Disposition: attachment; filename="a-name-of-a-file-that-is-longer-than-a-row-of-the-table-has-room.pdf"\r
            \r
            x\r
            --x--
            """

        @Test("A mail is sent by the keyboard alone, and its steps appear as they happen")
        func follows() async throws {
            let known = Mutex<HomePages.Attempts?>(nil)
            let mails = FakeMails(HomePagesTests.accepted)
            try await HomePagesTests.with(mails, attempts: { _ in known.withLock(\.self) }) { web in
                try await WebDriver.with { browser in
                    try await browser.open(web.url + "/")
                    try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                    // Skip link, brand, two pages, the keys.
                    while try await browser.text("return document.activeElement.id") != "to" {
                        try await browser.press(WebDriver.tab)
                    }
                    try await browser.type("you@example.org")
                    try await browser.press(WebDriver.tab)
                    try await browser.type("hello")
                    try await browser.press(WebDriver.tab)
                    try await browser.type("how")
                    try await browser.press(WebDriver.tab, WebDriver.enter)
                    let steps = "document.querySelector('.steps').innerText"
                    try await browser.wait(until: "\(steps).includes('Not attempted yet')")
                    #expect(mails.bodies.withLock(\.count) == 1)
                    known.withLock { $0 = .init(count: 1, state: "sent", reason: "250 ok") }
                    try await browser.wait(until: "\(steps).includes('Attempted 1 time')")
                    // The region is the one that was there before, or nothing would be said.
                    _ = try await browser.text("document.getElementById('announcement').dataset.seen = 1; return ''")
                    try await web.receive([Self.mail])
                    try await browser.wait(until: "\(steps).includes('In the inbox')")
                    try await browser.wait(
                        until: "document.querySelector('[data-seen]').textContent.startsWith('In the inbox, after ')")
                    try await browser.picture("home-sent-1280")
                    #expect(try await browser.console() == [])
                }
            }
        }

        @Test("Home and inbox fit, are accessible and load nothing from elsewhere", arguments: WebDriver.looks)
        func looks(_ width: Int, _ height: Int, _ isDark: Bool) async throws {
            try await HomePagesTests.with(FakeMails(HomePagesTests.accepted)) { web in
                try await web.receive(
                    (0..<30).map { "Subject: \(String(repeating: "long ", count: $0))\r\n\r\ntext" } + [Self.mail])
                _ = try await web.post("/", "to=you%40example.org&subject=hello&text=how")
                try await WebDriver.with(width: width, height: height, isDark: isDark) { browser in
                    for page in [
                        "", "inbox", "inbox?q=nothing", "inbox/mails/31", "inbox/mails/31?view=html",
                        "inbox/mails/31?view=parts", "inbox/mails/31?view=headers", "inbox/mails/31?view=raw",
                    ] {
                        try await browser.open("\(web.url)/\(page)")
                        try await browser.wait(until: "document.querySelector('.status').textContent === 'live'")
                        let name = page.replacing("/", with: "-").replacing("?", with: "-").replacing("=", with: "-")
                        try await browser.picture("\(name.isEmpty ? "home" : name)-\(width)")
                        let faults = try await browser.faultsOfPage()
                        #expect(faults == [], "\(page)")
                    }
                    #expect(try await browser.console().filter { !$0.contains("/html") } == [])
                }
            }
        }

        @Test("A page whose session has ended says so, and signing in leads back to it")
        func endedSession() async throws {
            func access() -> PageAccess { PageAccess(listeningOn: "0.0.0.0", token: .init("secret"), mayAct: true) }
            try await WebDriver.with { browser in
                let port = try await freePort()
                func signIn() async throws {
                    try await browser.wait(until: "location.pathname === '/sign-in'")
                    _ = try await browser.text("document.getElementById('token').focus(); return ''")
                    try await browser.type("secret")
                    try await browser.press(WebDriver.enter)
                    try await browser.wait(
                        until:
                            "location.search === '?q=Subject' && document.querySelector('.status').textContent === 'live'"
                    )
                }
                try await WebServer.with(access(), port: port) { web in
                    try await browser.open(web.url + "/?q=Subject")
                    try await signIn()
                }
                // The sessions end with their process.
                try await WebServer.with(access(), port: port) { web in
                    try await browser.wait(
                        until: "document.querySelector('.status').textContent === 'signed out · sign in'",
                        within: .seconds(30))
                    try await browser.click(".status a")
                    try await signIn()
                }
            }
        }

        @Test("The sign-in page fits, is accessible, and is worked by the keyboard", arguments: WebDriver.looks)
        func signIn(_ width: Int, _ height: Int, _ isDark: Bool) async throws {
            try await WebServer.with(PageAccess(listeningOn: "0.0.0.0", token: .init("secret"))) { web in
                try await WebDriver.with(width: width, height: height, isDark: isDark) { browser in
                    try await browser.open(web.url + "/")
                    try await browser.wait(until: "location.pathname === '/sign-in'")
                    #expect(try await browser.faultsOfPage() == [])
                    #expect(try await browser.console() == [])
                    _ = try await browser.text("document.getElementById('token').focus(); return ''")
                    try await browser.type("wrong")
                    try await browser.press(WebDriver.enter)
                    try await browser.wait(
                        until: "document.querySelector('[role=alert]')?.innerText === 'The token is wrong.'")
                    #expect(try await browser.faultsOfPage() == [])
                    _ = try await browser.text("document.getElementById('token').focus(); return ''")
                    try await browser.type("secret")
                    try await browser.press(WebDriver.enter)
                    try await browser.wait(until: "document.querySelector('h1').innerText === 'Inbox'")
                    try await browser.picture("signed-in-\(width)")
                    // A browser says that the wrong token was refused.
                    #expect(try await browser.console().filter { !$0.contains("401") } == [])
                }
            }
        }
    }
}
