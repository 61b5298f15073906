import BgdemoSystemCompat
import Subprocess

extension RunningSubject {
    /// Kills all processes at once, Redis first; takes from the disk what was not forced to it; and starts all again.
    ///
    /// - Throws: ``BenchmarkError`` where something does not start again.
    func losePower(_ didInject: () -> Void) async throws {
        let children = await children()
        try redis?.signal(.kill)
        for role in own { try await signal(.kill, to: role) }
        for child in children { kill(child.pid, SIGKILL) }
        didInject()
        await redis?.ended()
        for role in own { await ended(role) }
        try disk?.loseUnsynced()
        try await redis?.restart()
        for role in own { try await start(role) }
    }
}
