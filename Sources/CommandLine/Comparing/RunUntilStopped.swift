import BgdemoBenchmarking
import BgdemoSystemCompat
import UnixSignals

/// Runs `body`. The first SIGINT, SIGTERM or SIGHUP sets `stop`, the second ends the process at once.
func runUntilStopped<Result: Sendable>(
    _ stop: StopFlag, _ body: @Sendable () async throws -> Result
) async rethrows -> Result {
    // Cancelled when `body` returns.
    async let _ = listen(stop)
    return try await body()
}

private func listen(_ stop: StopFlag) async {
    for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup) {
        guard !stop.isSet else { CurrentProcess.exit(1) }
        stop.set()
    }
}
