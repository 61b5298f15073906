import BgdemoPrivateRedis
import BgdemoSystemCompat
import Subprocess

/// Cleans up even after the measuring process is killed. A shell process reads the pids of started and ended processes
/// from a pipe; when the pipe closes, it kills the processes that are left and deletes the folder.
package final class ProcessReaper: Sendable {
    private static let script = """
        pids=' '
        while read -r command pid; do
            case $command in
            add) pids="$pids$pid " ;;
            remove) case $pids in *" $pid "*) pids="${pids%% $pid *} ${pids#* $pid }" ;; esac ;;
            esac
        done
        for pid in $pids; do kill -9 "$pid"; done 2>/dev/null
        rm -rf "$1"
        """

    private let commands: AsyncStream<String>.Continuation
    private let received: AsyncStream<String>

    init() {
        (received, commands) = AsyncStream.makeStream()
    }

    func add(_ pid: Int32) { commands.yield("add \(pid)\n") }
    func remove(_ pid: Int32) { commands.yield("remove \(pid)\n") }

    /// Runs until the task is cancelled.
    func run(folder: String) async {
        var options = PlatformOptions()
        // In its own session it does not get the SIGINT of Ctrl-C.
        options.createSession = true
        _ = try? await Subprocess.run(
            Configuration(
                executable: .path("/bin/sh"), arguments: ["-c", Self.script, "reaper", folder],
                environment: CleanEnvironment.environment, platformOptions: options),
            input: .inputWriter, output: .discarded, error: .discarded
        ) { execution in
            for await command in received { _ = try await execution.standardInputWriter.write(command) }
        }
    }
}
