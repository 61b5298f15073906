import Testing

@testable import BgdemoBenchmarking

@Suite("Advice from a comparison")
struct AdviceTests {
    private func advice(_ change: (inout AdviceQuestion) -> Void = { _ in }) -> Advice {
        var comparison = SampleComparison.comparison()
        comparison.fates = SampleComparison.fates()
        var question = AdviceQuestion()
        change(&question)
        return Advice(question, comparison)
    }

    @Test("On one host, without loss, the simplest strategy that answers in time and lost nothing is taken")
    func oneHost() throws {
        let advice = advice()
        #expect(advice.fitting.map(\.strategy) == ["local", "pubsub", "resque", "eventr", "queuebus"])
        let foreground = try #require(advice.excluded.first { $0.strategy == "foreground" })
        #expect(foreground.reasons.first?.contains("more than 100 ms") == true)
        let fireAndForget = try #require(advice.excluded.first { $0.strategy == "fire-and-forget" })
        #expect(fireAndForget.reasons == ["kill -9 the web server: 31 of 180 accepted mails lost (kill-server)"])
    }

    @Test("On several hosts only a strategy with Redis fits")
    func manyHosts() {
        let advice = advice { $0.hosts = .many }
        #expect(advice.fitting.first?.strategy == "pubsub")
        #expect(advice.excluded.contains { $0.strategy == "local" })
    }

    @Test("Losses that are acceptable are named in favour")
    func acceptableLoss() {
        let advice = advice { $0.mayLose = .underWay }
        #expect(advice.fitting.first?.strategy == "fire-and-forget")
        #expect(advice.fitting.first?.reasons.contains { $0.contains("31 of 180") } == true)
    }

    @Test("A client that can wait gets foreground")
    func patientClient() {
        #expect(advice { $0.answerWithinMilliseconds = 60_000 }.fitting.first?.strategy == "foreground")
    }

    @Test("Every reason names the figure that it rests on")
    func sources() {
        let advice = advice()
        let reasons = (advice.fitting + advice.excluded).flatMap(\.reasons)
        #expect(!reasons.isEmpty)
        let sources = ["(response)", "(toInbox)", "(fault matrix)", "(sweep)", "(kill-server)", "(kill-worker)"]
        for reason in reasons { #expect(sources.contains { reason.contains($0) }, "\(reason)") }
    }

    @Test("Without a fault matrix the advice says that faults were not tried, and the report has none")
    func withoutFaults() {
        let comparison = SampleComparison.comparison()
        let advice = Advice(AdviceQuestion(), comparison)
        #expect(advice.caveats.contains { $0.contains("compare --chaos") })
        #expect(!HTMLReport.page(comparison).contains("id=\"advice\""))
    }

    @Test("The report has the advice for usual questions as its last part but the run")
    func report() throws {
        var comparison = SampleComparison.comparison()
        comparison.fates = SampleComparison.fates()
        let page = HTMLReport.page(comparison)
        #expect(page.contains("id=\"advice\""))
        #expect(page.contains("Take local."))
        #expect(page.contains("Take pubsub."))
    }
}
