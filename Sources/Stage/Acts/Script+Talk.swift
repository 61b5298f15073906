import BgdemoBenchmarking
import BgdemoCore

extension Script {
    /// The talk as a script, made of what each strategy's descriptor says: its notes, and under which faults it may lose mails.
    public static func talk(_ lanes: [LanePlan]) -> Script {
        var steps = lanes.flatMap(steps)
        if let first = lanes.first, lanes.count > 1 {
            steps.append(
                ScriptStep(
                    address: "all/load", title: "All of them, side by side", lanes: [first.name],
                    actions: ["calm", "rate 10 all"], seconds: 12))
            let worker = lanes.first { $0.subject.roles.contains(.worker) } ?? first
            steps.append(
                ScriptStep(
                    address: "all/kill-worker", title: "Every worker dies at once", lanes: [worker.name],
                    actions: ["rate 10 all", "wait 1", "kill-worker all"], seconds: 12))
        }
        return Script(seed: nil, steps: steps)
    }

    private static func steps(_ lane: LanePlan) -> [ScriptStep] {
        let title = lane.notes?.title ?? lane.name
        var steps = [
            ScriptStep(
                address: "\(lane.name)/meet", title: "\(title): \(lane.summary)", lanes: [lane.name],
                actions: ["calm", "send 1 \(lane.name)", "wait 2", "rate 5 \(lane.name)"], seconds: 8),
            ScriptStep(
                address: "\(lane.name)/better", title: "\(title): better because", better: lane.notes?.better ?? [],
                lanes: [lane.name], actions: ["heal", "rate 5 \(lane.name)", "wait 2", "send 10 \(lane.name)"],
                seconds: 7),
        ]
        steps += faults(of: lane).map { fault in
            let mayLose = fault.fault.map { !lane.subject.guarantees.mustLoseNothing(under: $0) } ?? true
            return ScriptStep(
                address: "\(lane.name)/\(fault.rawValue)",
                title: "\(fault.title): \(mayLose ? "mails may be lost" : "no accepted mail is lost")",
                lanes: [lane.name], actions: actions(fault, lane.name), seconds: 9)
        }
        let still = lane.notes?.still ?? []
        steps.append(
            ScriptStep(
                address: "\(lane.name)/still",
                title: still.isEmpty ? "\(title): this is a good idea" : "\(title): still a bad idea because",
                still: still, lanes: [lane.name],
                actions: ["heal", "rate 5 \(lane.name)"], seconds: 7))
        return steps
    }

    /// The three faults that say most: those under which it may lose mails first.
    private static func faults(of lane: LanePlan) -> [Hand] {
        let candidates: [Hand] = [.killServer, .killWorker, .killMaster, .smtpDown, .redisKilled].filter {
            $0.applies(to: lane.subject)
        }
        let (risky, safe) = (
            candidates.filter { $0.fault.map { !lane.subject.guarantees.mustLoseNothing(under: $0) } ?? false },
            candidates.filter { $0.fault.map { lane.subject.guarantees.mustLoseNothing(under: $0) } ?? true }
        )
        let chosen = Set((risky + safe).prefix(3))
        return candidates.filter(chosen.contains)
    }

    private static func actions(_ fault: Hand, _ lane: String) -> [String] {
        switch fault {
        case .smtpDown: ["heal", "rate 5 \(lane)", "wait 1", "smtp-down", "wait 3", "smtp-up"]
        default: ["heal", "rate 5 \(lane)", "wait 1.5", "\(fault.rawValue) \(lane)"]
        }
    }
}
