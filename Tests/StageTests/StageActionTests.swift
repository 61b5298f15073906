import BgdemoBenchmarking
import Testing

@testable import BgdemoStage

@Suite struct StageActionTests {
    @Test(
        "An action is read from its words",
        arguments: [
            ("send 10 resque", StageAction.send(10, .named("resque"))), ("send 1", .send(1, .focused)),
            ("rate 20 all", .rate(20, .all, seconds: nil)), ("rate 0.5 for 3", .rate(0.5, .focused, seconds: 3)),
            ("rate 5 local for 10", .rate(5, .named("local"), seconds: 10)),
            ("kill-worker", .strike(.killWorker, .focused)), ("smtp-421", .strike(.smtpBusy, .focused)),
            ("focus a b", .focus(["a", "b"])), ("go #resque/kill-worker", .go("resque/kill-worker")),
            ("wait 2.5", .wait(2.5)), ("calm", .calm), ("next", .next),
        ])
    func reads(text: String, action: StageAction) throws { #expect(try StageAction(text) == action) }

    @Test(
        "What is no action is refused",
        arguments: [
            "", "send", "send 0", "send 1001", "send 1 a b", "rate", "rate -1", "rate nan", "rate 1e-300", "rate 1 a b",
            "wait",
            "wait 601", "focus", "focus a b c", "kill", "kill-worker a b", "next now", "go",
            String(repeating: "x", count: 300),
        ])
    func refuses(text: String) { #expect(throws: StageError.self) { try StageAction(text) } }

    @Test("The talk as a script has an address for each step, and only actions and lanes that exist")
    func talk() throws {
        let lanes = [LanePlan.resque, .foreground, .pubSub]
        let script = Script.talk(lanes)
        try script.check(lanes.map(\.name))
        let addresses = script.steps.map(\.address)
        #expect(addresses.contains("resque/kill-worker") && addresses.contains("foreground/smtp-down"))
        #expect(!addresses.contains("foreground/kill-worker"))
        #expect(throws: StageError.self) { try script.check(["resque"]) }
    }
}
