import BgdemoSystemCompat
import RedisClient
import Subprocess

/// The process that keeps the private server running for as long as any program holds it, however the programs end.
///
/// A program holds the server by holding a FIFO open for writing; when the last one is gone, by `exit` or by `kill -9`,
/// the kernel closes the last end, and the supervisor reads the end of the file. A shell is enough for that, and is
/// everywhere.
///
/// A program that joins as the supervisor is about to end must not believe that it holds the server. So each writes a word
/// into the FIFO, and the supervisor answers by a file of that name: it has then seen the program before it saw the end.
enum RedisSupervisor {
    /// `$1` the folder, the rest redis-server and its arguments.
    private static let script = """
        folder=$1
        shift
        exec 3<"$folder/holders"
        (
            exec 3<&-
            trap 'test "$server" && kill "$server" && wait "$server"; exit' TERM
            while :; do
                "$@" &
                server=$!
                wait "$server" && break # told to end, by SHUTDOWN; killed, it is started again
                server=
                sleep 1
            done
            kill $$
        ) &
        while read -r word <&3; do : >"$folder/joined.$word"; done
        kill $!
        wait
        """

    /// Starts it in a session of its own, where no Ctrl-C of a terminal and no end of this process reaches it.
    ///
    /// - Parameter log: What it and the server print; begun anew.
    static func start(_ folder: String, _ command: [String], log: String) async throws(PrivateRedisError) {
        // The outer shell leaves the supervisor to init, and ends at once.
        let start = #"log=$1; shift; sh -c "$0" supervisor "$@" </dev/null >"$log" 2>&1 &"#
        var options = PlatformOptions()
        options.createSession = true
        do {
            let result = try await run(
                .path("/bin/sh"), arguments: Arguments(["-c", start, script, log, folder] + command),
                environment: CleanEnvironment.environment, platformOptions: options, output: .discarded)
            guard result.terminationStatus.isSuccess else {
                throw PrivateRedisError.notStarted("its shell ended with \(result.terminationStatus)")
            }
        } catch let error as PrivateRedisError {
            throw error
        } catch {
            throw .notStarted("\(error)")
        }
    }
}
