import BgdemoBenchmarking
import BgdemoFoundations

extension LaneState.Watch {
    /// What became of the mails that a fault has struck: `its 3 mails: 2 not back, 1.5 s`; empty where there is nothing to tell.
    func text(at now: Int64) -> String {
        let passed = NumberText.time(Double((backAt ?? now) - began) / 1e6)
        guard victims > 0 else {
            return recoveredAt.map { "next mail after \(NumberText.time(Double($0 - began) / 1e6))" } ?? ""
        }
        let its = "its \(victims.counted("mail"))"
        guard waiting.isEmpty else { return "\(its): \(waiting.count) not back, \(passed)" }
        let gone = [lost > 0 ? "\(lost) lost" : nil, refused > 0 ? "\(refused) refused" : nil].compactMap { $0 }
        return gone.isEmpty ? "\(its) back after \(passed)" : "\(its): \(gone.joined(separator: ", "))"
    }
}
