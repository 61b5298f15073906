import Logging
import BgdemoSystemCompat
import UnixSignals

/// Ctrl-C stops gracefully; Ctrl-C again is somebody who does not want to wait.
enum SecondInterrupt {
    /// Ends the process at the second SIGINT, as a shell expects of one that died of it. To be run beside everything else,
    /// and cancelled when that has ended.
    static func exitAtSecond(_ reporting: Reporting) async {
        var interrupts = 0
        for await _ in await UnixSignalsSequence(trapping: .sigint) {
            interrupts += 1
            guard interrupts > 1 else { continue }
            reporting.logger.warning("Interrupted again: ending at once, with whatever was under way")
            reporting.end()
            _exit(128 + SIGINT)
        }
    }
}
