import BgdemoTestSupport

@testable import BgdemoBenchmarking

/// A service that runs already, as `--target` with `--target-pids` names it: a shell supervises a web server and a worker of
/// `resque` and writes their pids into files.
struct SupervisedService: Sendable {
    let subject: BenchmarkSubject
    /// Where it sends its mails.
    let inboxPort: Int

    /// `$1` the program, `$2` the folder, `$3` the port, `$4` the port of the mail server, `$5` the URL of Redis.
    private static let supervisor = """
        keep() {
            while :; do
                "$program" serve --strategy resque --role "$1" --port "$port" --smtp-url "smtp://127.0.0.1:$smtp" \\
                    --redis-url "$redis" --attempts 20 --retry-delay 100ms --retry-cap 1s >/dev/null 2>&1 &
                echo $! >"$folder/$1.new" && mv "$folder/$1.new" "$folder/$1.pid"
                wait $!
            done
        }
        program=$1 folder=$2 port=$3 smtp=$4 redis=$5
        keep worker & first=$!
        keep server & second=$!
        trap 'kill $first $second; kill -9 $(cat "$folder"/*.pid); exit' TERM
        wait
        """

    /// Runs it, with a Redis of its own, while `body` runs.
    static func with<Result: Sendable>(
        _ program: String, _ body: @Sendable @escaping (SupervisedService) async throws -> Result
    ) async throws -> Result {
        try await withRedisServer { redis in
            let url = redis.url
            return try await withDirectory { folder in
                let (port, inboxPort) = (try await freePort(), try await freePort())
                return try await withExternalServer(
                    "/bin/sh",
                    ["-c", supervisor, "supervisor", program, "\(folder)", "\(port)", "\(inboxPort)", url],
                    port: port
                ) {
                    guard var processes = ExternalProcesses("\(folder)/server.pid,\(folder)/worker.pid") else {
                        throw BenchmarkError("the files of the pids are not understood")
                    }
                    processes.redisURL = url
                    let subject = BenchmarkSubject(Target(port: port), processes: processes)
                    return try await body(SupervisedService(subject: subject, inboxPort: inboxPort))
                }
            }
        }
    }
}
