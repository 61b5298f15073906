#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A folder of a contest's own, which is gone after it, and the nursery of its tasks.
struct Workplace: Sendable {
    let folder: String
    let nursery: Nursery
    let undertaker: Undertaker

    static func open<Result>(_ body: (Workplace) async throws -> Result) async throws -> Result {
        let temporary = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        let folder = "\(temporary)/bgdemo-compare-\(UInt32.random(in: .min ... .max))"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ContestError("no folder can be made in \(temporary), where TMPDIR points: \(error)")
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let undertaker = Undertaker()
        return try await Nursery.open { nursery in
            nursery.begin { await undertaker.work(folder: folder) }
            return try await body(Workplace(folder: folder, nursery: nursery, undertaker: undertaker))
        }
    }

    func start(_ order: RunningProcess.Order) async throws -> RunningProcess {
        try await RunningProcess.start(order, in: nursery, watch: undertaker)
    }
}
