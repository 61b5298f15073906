import BgdemoCore
import Logging
import ServiceLifecycle
import UnixSignals

/// Does at SIGUSR1, SIGUSR2 and SIGCONT what Ruby's Resque does.
struct WorkerSignalService: Service {
    private let signals: UnixSignalsSequence
    private let actions: WorkerSignals
    private let logger: Logger

    /// From here on the signals do not end the process.
    init(_ actions: WorkerSignals, logger: Logger) async {
        signals = await UnixSignalsSequence(trapping: .sigusr1, .sigusr2, .sigcont)
        (self.actions, self.logger) = (actions, logger)
    }

    func run() async throws {
        for await signal in signals.cancelOnGracefulShutdown() {
            switch signal {
            case .sigusr1:
                logger.notice("SIGUSR1: the jobs in hand are cancelled", metadata: ["jobs": "\(actions.cancelJobs())"])
            case .sigusr2 where !actions.isPaused():
                actions.pause()
                logger.notice("SIGUSR2: no more jobs are taken until SIGCONT")
            case .sigcont where actions.isPaused():
                actions.resume()
                logger.notice("SIGCONT: jobs are taken again")
            default: break
            }
        }
        // The end of a service would end the others.
        try? await gracefulShutdown()
    }
}
