import BgdemoBenchmarking
import BgdemoCore

extension StrategyDescriptor {
    /// The strategy as `compare` and `chaos` run it, in each of these semantics that it has.
    func subjects(_ semantics: [Semantics]) -> [BenchmarkSubject] {
        guard hasOriginal else { return [subject(nil, guarantees)] }
        return semantics.map { subject($0.rawValue, $0 == .safe ? guarantees : .none) }
    }

    private func subject(_ semantics: String?, _ guarantees: DurabilityGuarantees) -> BenchmarkSubject {
        let deployment: BenchmarkSubject.Deployment =
            switch deployment {
            case .webServer: .single
            case .webServerAndWorkers: .separateWorker
            case .master: .supervised
            }
        return BenchmarkSubject(
            name, semantics: semantics, deployment: deployment, needsRedis: needsRedis, guarantees: guarantees,
            disk: semantics == Semantics.original.rawValue ? nil : disk)
    }
}
