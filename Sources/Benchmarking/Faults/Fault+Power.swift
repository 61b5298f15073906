import BgdemoCore

extension Fault {
    /// All processes end at once, Redis too, and the files lose what was not forced to disk. Then all are started again.
    static let ofPower = [
        power("power-failure", "power failure", .soon, applies: { $0.canBeStruck }),
        power(
            "power-failure-always", "power failure, all synced", .beforeAnswer,
            applies: { $0.canBeStruck && ($0.needsRedis || $0.disk != nil) }),
    ]

    private static func power(
        _ name: String, _ summary: String, _ sync: DiskSync, applies: @escaping @Sendable (BenchmarkSubject) -> Bool
    ) -> Fault {
        Fault(
            name, summary, conditions: RunConditions(diskSync: sync), obstacle: { await DiskRecorder.obstacle() },
            applies: { $0.external == nil && applies($0) }
        ) { running, didInject in
            try await running.losePower(didInject)
        }
    }
}
