import BgdemoSystemCompat
import Subprocess

/// Sees to it that nothing is left of a benchmark, even where the measuring process is killed: a shell that is told of
/// every process, and, when it hears no more, kills those that were not taken back, and removes the folder.
final class ProcessReaper: Sendable {
    private static let script = """
        pids=' '
        while read -r word pid; do
            case $word in
            add) pids="$pids$pid " ;;
            remove) case $pids in *" $pid "*) pids="${pids%% $pid *} ${pids#* $pid }" ;; esac ;;
            esac
        done
        for pid in $pids; do kill -9 "$pid"; done 2>/dev/null
        rm -rf "$1"
        """

    private let words: AsyncStream<String>.Continuation
    private let told: AsyncStream<String>

    init() {
        (told, words) = AsyncStream.makeStream()
    }

    func add(_ pid: Int32) { words.yield("add \(pid)\n") }
    func remove(_ pid: Int32) { words.yield("remove \(pid)\n") }

    /// Works until the task is cancelled.
    func work(folder: String) async {
        var options = PlatformOptions()
        // A session of its own, where no Ctrl-C reaches it.
        options.createSession = true
        _ = try? await run(
            Configuration(
                executable: .path("/bin/sh"), arguments: ["-c", Self.script, "reaper", folder],
                environment: .custom(CleanEnvironment.variables), platformOptions: options),
            input: .inputWriter, output: .discarded, error: .discarded
        ) { execution in
            for await word in told { _ = try await execution.standardInputWriter.write(word) }
        }
    }
}
