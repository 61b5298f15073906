import BgdemoSystemCompat
import Subprocess

extension RunningSubject {
    /// Waits until a killed process of an external service runs again; starts it by the service's command, if there is one.
    ///
    /// - Throws: ``BenchmarkError`` if it does not run within 30 s.
    func restart(_ role: ProcessRole, of external: ExternalProcesses, after old: Int32?) async throws {
        if let command = external.restart {
            let result = try await run(
                .path("/bin/sh"), arguments: ["-c", command],
                environment: .inherit.updating(["BGDEMO_ROLE": role.optionValue]), output: .discarded)
            guard result.terminationStatus.isSuccess else {
                let end =
                    switch result.terminationStatus {
                    case .exited(let code): "ended with exit code \(code)"
                    case .signaled(let signal): "was ended by signal \(signal)"
                    }
                throw BenchmarkError("--target-restart \(end): \(command)")
            }
        }
        for _ in 0..<600 {
            if let pid = external.pid(of: role), pid != old { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw BenchmarkError(
            "the \(role.rawValue) of \(subject.title) did not come back within 30 s: give its pid as a file that its "
                + "supervisor writes, and --target-restart if it has no supervisor")
    }
}
