import Foundation
import Subprocess

/// A Chromium without a window, worked as a person would, through WebDriver (<https://www.w3.org/TR/webdriver2/>).
public final class WebDriver: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private let port: Int
    private let session: String

    private init(port: Int, session: String) {
        (self.port, self.session) = (port, session)
    }

    /// Runs `body` with a browser of its own, whose window has this size.
    public static func with<Result: Sendable>(
        width: Int = 1280, height: Int = 720, isDark: Bool = false, _ body: (WebDriver) async throws -> Result
    ) async throws -> Result {
        let port = try await freePort()
        let driver = try await Subprocess.run(
            .name("chromedriver"), arguments: ["--port=\(port)", "--log-level=SEVERE"], input: .none,
            output: .discarded, error: .discarded
        ) { execution -> Swift.Result<Result, any Error> in
            defer { try? execution.send(signal: .terminate) }
            do {
                let browser = try await begin(port, width, height, isDark)
                let result: Swift.Result<Result, any Error>
                do { result = .success(try await body(browser)) } catch { result = .failure(error) }
                _ = try? await browser.command("DELETE", "")
                return result
            } catch {
                return .failure(error)
            }
        }
        return try driver.closureResult.get()
    }

    private static func begin(_ port: Int, _ width: Int, _ height: Int, _ isDark: Bool) async throws -> WebDriver {
        let flags =
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--window-size=\(width),\(height)",
            ]
        var options: [String: Any] = ["args": flags]
        if width < 600 {
            options["mobileEmulation"] = ["deviceMetrics": ["width": width, "height": height, "pixelRatio": 1]]
        }
        let always: [String: Any] = [
            "goog:chromeOptions": options, "goog:loggingPrefs": ["browser": "ALL"], "unhandledPromptBehavior": "ignore",
        ]
        let wanted: [String: Any] = ["capabilities": ["alwaysMatch": always]]
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do {
                let value = try await Self.send("POST", "/session", wanted, port)
                guard let value = value as? [String: Any], let id = value["sessionId"] as? String else {
                    throw Failure(description: "no session: \(value)")
                }
                let browser = WebDriver(port: port, session: id)
                if width >= 600 {
                    // Without this the window's frame takes of the height.
                    _ = try await browser.command(
                        "POST", "/goog/cdp/execute",
                        [
                            "cmd": "Emulation.setDeviceMetricsOverride",
                            "params": ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false],
                        ])
                }
                if isDark { try await browser.emulate("prefers-color-scheme", "dark") }
                return browser
            } catch let failure as Failure {
                throw failure
            } catch {
                // The driver does not listen yet.
                guard ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    // MARK: Commands

    public func open(_ url: String) async throws { _ = try await command("POST", "/url", ["url": url]) }

    /// Opens a window more, in which the next commands are done.
    ///
    /// - Returns: Its name for ``switchTo(window:)``.
    @discardableResult public func openWindow() async throws -> String {
        let value = try await command("POST", "/window/new", ["type": "window"])
        guard let name = (value as? [String: Any])?["handle"] as? String else {
            throw Failure(description: "no window: \(value)")
        }
        try await switchTo(window: name)
        return name
    }

    /// Does the next commands in this window.
    public func switchTo(window name: String) async throws {
        _ = try await command("POST", "/window", ["handle": name])
    }

    /// What a script returns, as text.
    public func text(_ script: String) async throws -> String {
        let value = try await command("POST", "/execute/sync", ["script": script, "args": [Any]()])
        return value as? String ?? "\(value)"
    }

    /// Presses keys one after the other, wherever the focus is.
    public func press(_ keys: String...) async throws {
        let actions = keys.flatMap { key in
            [["type": "keyDown", "value": key], ["type": "keyUp", "value": key]]
        }
        _ = try await command(
            "POST", "/actions", ["actions": [["type": "key", "id": "keyboard", "actions": actions] as [String: Any]]])
    }

    /// Presses a key while others are held down.
    public func press(_ key: String, with held: String) async throws {
        let actions = [("keyDown", held), ("keyDown", key), ("keyUp", key), ("keyUp", held)].map {
            ["type": $0.0, "value": $0.1]
        }
        _ = try await command(
            "POST", "/actions", ["actions": [["type": "key", "id": "keyboard", "actions": actions] as [String: Any]]])
    }

    /// Presses one key so many times.
    public func press(_ key: String, times: Int) async throws {
        let actions = (0..<times).flatMap { _ in [["type": "keyDown", "value": key], ["type": "keyUp", "value": key]] }
        _ = try await command(
            "POST", "/actions", ["actions": [["type": "key", "id": "keyboard", "actions": actions] as [String: Any]]])
    }

    /// Says to pages that the user wants this: `prefers-reduced-motion` and `reduce`.
    public func emulate(_ feature: String, _ value: String) async throws {
        let media: [String: Any] = ["features": [["name": feature, "value": value]]]
        _ = try await command(
            "POST", "/goog/cdp/execute", ["cmd": "Emulation.setEmulatedMedia", "params": media])
    }

    public func saveDownloads(in folder: String) async throws {
        let values: [String: Any] = ["behavior": "allow", "downloadPath": folder]
        _ = try await command(
            "POST", "/goog/cdp/execute", ["cmd": "Page.setDownloadBehavior", "params": values])
    }

    /// Has no network from now on.
    public func disconnect() async throws {
        let network: [String: Any] = ["offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0]
        for (name, values) in [("Network.enable", [:]), ("Network.emulateNetworkConditions", network)] {
            _ = try await command("POST", "/goog/cdp/execute", ["cmd": name, "params": values])
        }
    }

    /// Runs no scripts of the pages that are opened from now on.
    public func forbidScripts() async throws {
        let values: [String: Any] = ["cmd": "Emulation.setScriptExecutionDisabled", "params": ["value": true]]
        _ = try await command("POST", "/goog/cdp/execute", values)
    }

    /// The address of the page that is open.
    public func address() async throws -> String { try await command("GET", "/url") as? String ?? "" }

    public func type(_ text: String) async throws { for letter in text { try await press(String(letter)) } }

    public func click(_ selector: String) async throws {
        let value = try await command("POST", "/element", ["using": "css selector", "value": selector])
        guard let id = (value as? [String: Any])?.values.first as? String else {
            throw Failure(description: "no \(selector): \(value)")
        }
        _ = try await command("POST", "/element/\(id)/click", [:])
    }

    /// Moves the pointer to the middle of an element, where it rests.
    public func rest(on selector: String) async throws {
        let value = try await command("POST", "/element", ["using": "css selector", "value": selector])
        let move: [String: Any] = ["type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": value]
        try await point([move])
    }

    /// Presses where the pointer is.
    public func clickThere() async throws {
        try await point([["type": "pointerDown", "button": 0], ["type": "pointerUp", "button": 0]])
    }

    private func point(_ actions: [[String: Any]]) async throws {
        let pointer: [String: Any] = ["type": "pointer", "id": "mouse", "actions": actions]
        _ = try await command("POST", "/actions", ["actions": [pointer]])
    }

    /// What the question that is open says.
    public func dialogText() async throws -> String { try await command("GET", "/alert/text") as? String ?? "" }

    public func answerDialog(_ accepts: Bool) async throws {
        _ = try await command("POST", accepts ? "/alert/accept" : "/alert/dismiss", [:])
    }

    /// Returns as soon as a script returns true. While a page is replaced by the next, it may find nothing.
    public func wait(until script: String, within limit: Duration = .seconds(10)) async throws {
        let deadline = ContinuousClock.now + limit
        while try await text("try { return String(!!(\(script))) } catch { return 'false' }") != "true" {
            guard ContinuousClock.now < deadline else {
                let page = try await text("return location.href + ' ' + document.body?.innerText")
                throw Failure(description: "not within \(limit): \(script)\n\(page)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// What stands in the browser's console.
    public func console() async throws -> [String] {
        let value = try await command("POST", "/se/log", ["type": "browser"])
        return (value as? [[String: Any]] ?? []).compactMap { $0["message"] as? String }
    }

    /// The picture of the window as PNG, in the folder of `BGDEMO_PICTURES` where that is set.
    public func picture(_ name: String) async throws {
        guard let folder = ProcessInfo.processInfo.environment["BGDEMO_PICTURES"] else { return }
        guard let text = try await command("GET", "/screenshot") as? String, let data = Data(base64Encoded: text) else {
            throw Failure(description: "no picture")
        }
        try data.write(to: URL(filePath: folder).appending(path: name + ".png"))
    }

    private func command(_ method: String, _ path: String, _ body: [String: Any]? = nil) async throws -> Any {
        try await Self.send(method, "/session/\(session)\(path)", body, port)
    }

    private static func send(_ method: String, _ path: String, _ body: [String: Any]?, _ port: Int) async throws -> Any
    {
        let json =
            try body.map { String(decoding: try JSONSerialization.data(withJSONObject: $0), as: UTF8.self) } ?? ""
        let response = try await fetch(
            path, port: port, method: method, headers: ["Content-Type: application/json"], body: json, within: 30)
        let reply = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
        guard response.status == 200 else {
            throw Failure(description: "\(method) \(path): \(response.text.prefix(600))")
        }
        return reply?["value"] ?? ""
    }

    /// Keys without letters (WebDriver, section 17.4.2).
    public static let enter = "\u{e007}"
    public static let escape = "\u{e00c}"
    public static let shift = "\u{e008}"
    public static let backspace = "\u{e003}"
    public static let tab = "\u{e004}"
    public static let pageUp = "\u{e00e}"
    public static let pageDown = "\u{e00f}"
    public static let left = "\u{e012}"
    public static let right = "\u{e014}"
}
