import BgdemoSystemCompat
import BgdemoTestSupport
import Foundation
import Subprocess
import Testing

@testable import BgdemoStage

extension StageTests {
    /// The talk that is built in, by `bgdemo stage` as a speaker starts it, in a browser.
    @Suite struct StageTalkTests {
        private static let lanes = [
            ["foreground", "fire-and-forget", "local"], ["pubsub", "queuebus"], ["resque", "eventr"],
        ]

        @Test(
            "Each act of the talk runs to its end: its faults strike processes, and what becomes of their mails is shown"
        )
        func acts() async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lanes in Self.lanes { group.addTask { try await Self.talk(lanes) } }
                try await group.waitForAll()
            }
        }

        private static func talk(_ lanes: [String]) async throws {
            try await withDirectory { folder in
                let folder = folder.string
                let arguments = ["stage", "--port", "0", "--lanes", lanes.joined(separator: ",")]
                let (_, status) = try await withProgram(arguments, environment: ["TMPDIR": folder]) { program in
                    let port = try await program.port(after: "page")
                    try await WebDriver.with { browser in
                        try await browser.open("http://127.0.0.1:\(port)/")
                        try await browser.wait(until: "stage.model.step && stage.model.lanes.length")
                        let steps = try await browser.text(
                            "return stage.model.steps.map(step => step.address).join(' ')"
                        )
                        .split(separator: " ").map(String.init)
                        for lane in lanes {
                            let own = steps.filter { $0.hasPrefix(lane + "/") }
                            #expect(own.first == "\(lane)/meet" && own.last == "\(lane)/still" && own.count > 4)
                        }
                        for (place, address) in steps.enumerated() {
                            let act = Act(address)
                            let victim = try await act.victim(browser, folder)
                            if place > 0 { try await browser.press(" ") }
                            do {
                                try await waitForStep(address, browser)
                                try await act.watch(browser, victim, folder)
                            } catch {
                                throw StageError("#\(address): \(error)")
                            }
                        }
                        try await browser.press(WebDriver.left)
                        try await waitForStep(steps[steps.count - 2], browser)
                        #expect(try await browser.console() == [])
                    }
                }
                #expect(status == .exited(0))
            }
        }

        private static func waitForStep(_ address: String, _ browser: WebDriver) async throws {
            try await browser.wait(
                until: """
                    document.querySelector('.address').textContent === '#\(address)' && location.hash === '#\(address)'
                        && document.querySelector('h1').textContent === stage.model.step.title
                        && document.querySelectorAll('.reasons li').length === stage.model.step.better.length + stage.model.step.still.length
                    """)
        }
    }

    /// A step of the talk that is built in.
    private struct Act {
        let lane: String
        let name: String

        init(_ address: String) {
            let parts = address.split(separator: "/").map(String.init)
            (lane, name) = (parts[0], parts[1])
        }

        private var model: String { "stage.model.lanes.find(lane => lane.name === '\(lane)')" }

        /// What is killed, as the page names it.
        private var role: String? {
            ["kill-worker": "worker", "kill-server": "web server", "kill-master": "master"][name]
        }

        private var title: String? {
            ["smtp-down": "mail server down", "redis-killed": "Redis killed"][name] ?? role.map { "kill -9 \($0)" }
        }

        /// The process that the step will kill.
        func victim(_ browser: WebDriver, _ folder: String) async throws -> Int32? {
            if name == "redis-killed" { return redis(folder) }
            guard lane != "all", let role else { return nil }
            try await browser.wait(until: "\(model).processes['\(role)']?.state === 'up'")
            let pid = try await browser.text("return String(\(model).processes['\(role)'].pid)")
            return Int32(pid)
        }

        private func redis(_ folder: String) -> Int32? {
            Processes.withName("redis-server").first { pid in
                let folders = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")
                return folders?.hasPrefix(folder) == true
            }
        }

        /// Waits until what the step does is done and shown.
        func watch(_ browser: WebDriver, _ victim: Int32?, _ folder: String) async throws {
            if lane == "all" {
                try await browser.wait(until: "stage.model.lanes.every(lane => lane.rate === 10)")
                guard name == "kill-worker" else { return }
                return try await browser.wait(
                    until: """
                        stage.model.lanes.every(lane => !lane.roles.includes('worker') || [...stage.model.faults.values()].some(
                            fault => fault.lane === lane.number && fault.name === 'kill-worker' && stage.model.now - fault.from < 5000))
                        """)
            }
            try await browser.wait(until: "document.querySelector('.lane').dataset.lane === '\(lane)'")
            switch name {
            case "meet": try await browser.wait(until: "\(model).score.delivered > 0 && \(model).rate === 5")
            case "better":
                try await browser.wait(
                    until: "document.querySelector('.reasons .better') && \(model).done?.text === '10 mails'")
            case "still":
                try await browser.wait(until: "\(model).rate === 5 && stage.model.mailServer.state === 'smtp-up'")
            default: try await watchFault(browser, victim, folder)
            }
        }

        private func watchFault(_ browser: WebDriver, _ victim: Int32?, _ folder: String) async throws {
            let title = try #require(title)
            try await browser.wait(until: "document.querySelector('.events').innerText.includes('\(title) ')")
            if let victim {
                try await StageTests.wait("the end of \(victim)") { Processes.hasEnded(victim) }
                if let role {
                    try await browser.wait(
                        until:
                            "\(model).processes['\(role)'].pid !== \(victim) && \(model).processes['\(role)'].state === 'up'"
                    )
                } else {
                    try await StageTests.wait("another Redis") { redis(folder).map { $0 != victim } ?? false }
                }
            } else {
                try await browser.wait(until: "stage.model.mailServer.state === 'smtp-down'")
            }
            try await browser.wait(
                until:
                    "[...document.querySelectorAll('.lane [data-state=dead], .lane [data-state=stopped]')].length === 0"
            )
            // A mail that may be lost may still be waited for; one that must not be is back within an eventr consumer's lease.
            let mayLose =
                try await browser.text("return String(stage.model.step.title.includes('may be lost'))") == "true"
            try await browser.wait(
                until: """
                    /back after|next mail after|refused\(mayLose ? "|not back|lost" : "")/.test(document.querySelector('.events .watch').textContent)
                    """, within: .seconds(25))
        }
    }
}
