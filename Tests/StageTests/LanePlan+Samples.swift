import BgdemoBenchmarking
import BgdemoCore
import BgdemoStage

extension LanePlan {
    private static func plan(
        _ name: String, _ deployment: BenchmarkSubject.Deployment, redis: Bool, semantics: String? = nil,
        _ guarantees: DurabilityGuarantees
    ) -> LanePlan {
        LanePlan(
            name: semantics == "talk" ? "\(name)-talk" : name, summary: "one way to send",
            subject: BenchmarkSubject(
                name, semantics: semantics, deployment: deployment, needsRedis: redis, guarantees: guarantees),
            notes: TalkNotes("A way", better: ["it is fast"], still: ["it is a demo"]))
    }

    static let foreground = plan("foreground", .single, redis: false, .losesNothing)
    static let fireAndForget = plan(
        "fire-and-forget", .single, redis: false, .losesNothing(except: .killServer, .smtpDown))
    static let local = plan("local", .supervised, redis: false, .losesNothing(except: .killMaster))
    static let pubSub = plan("pubsub", .separateWorker, redis: true, .losesNothing(except: .killWorker))
    static let originalPubSub = plan("pubsub", .separateWorker, redis: true, semantics: "talk", .none)
    static let resque = plan("resque", .separateWorker, redis: true, .losesNothing)
    static let eventr = plan("eventr", .separateWorker, redis: true, .losesNothing)
    static let queueBus = plan("queuebus", .separateWorker, redis: true, .losesNothing)
}
