import BgdemoSMTPInbox
import Logging
import NIOCore
import NIOPosix
import BgdemoSystemCompat
import Subprocess
import BgdemoTestSupport
import Testing

/// The three processes, and the inbox that their mails arrive in.
struct LocalService: Sendable {
    let program: Program
    let inbox: Inbox
    /// How often each subject has arrived.
    let arrivals: Watched<[String: Int]>
    let port: Int

    static let server = "web server"
    static let worker = "email worker"

    // MARK: Children

    /// The pid of the first child of this kind that got ready and is not one of those `seen`.
    func ready(_ title: String, notIn seen: [Int32] = [], within limit: Duration = .seconds(20)) async throws -> Int32 {
        let line = try await program.line(within: limit) { line in
            readyPID(line, title).map { !seen.contains($0) } ?? false
        }
        return try #require(readyPID(line, title))
    }

    /// Kills the child, and returns its successor when that is ready.
    func replace(_ pid: Int32, _ title: String, after seen: [Int32]) async throws -> Int32 {
        kill(pid, SIGKILL)
        _ = try await program.line { $0.contains("[\(title) @ \(pid)] died :(") && $0.contains("signal 9") }
        return try await ready(title, notIn: seen)
    }

    // MARK: Mails

    /// Sends so many mails, `subjects` their subjects, at an even rate over eight connections that are kept.
    ///
    /// - Parameter count: Counts the answers with 200.
    /// - Returns: The subjects of those that were answered with 200.
    func load(
        _ subjects: [String], perSecond rate: Double, counting count: Watched<Int> = Watched(0)
    ) async -> Set<String> {
        let start = ContinuousClock.now
        let lanes = 8
        return await withTaskGroup(of: Set<String>.self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    let client = PatientClient(port: port)
                    var answered: Set<String> = []
                    for place in stride(from: lane, to: subjects.count, by: lanes) {
                        try? await Task.sleep(until: start + .seconds(Double(place) / rate), clock: .continuous)
                        guard await client.send(subjects[place]) else { continue }
                        answered.insert(subjects[place])
                        count.change { $0 += 1 }
                    }
                    await client.close()
                    return answered
                }
            }
            return await group.reduce(into: []) { $0.formUnion($1) }
        }
    }

    /// Returns when all these mails have arrived.
    func arrived(_ subjects: Set<String>) async throws {
        try await arrivals.wait { arrivals in subjects.allSatisfy { arrivals[$0] != nil } }
    }

    /// How many mails came more than once.
    var duplicates: Int { arrivals.value.values.reduce(0) { $0 + $1 - 1 } }
}

private func readyPID(_ line: String, _ title: String) -> Int32? {
    guard line.contains("] ready"), let rest = line.split(separator: "[\(title) @ ", maxSplits: 1).dropFirst().first
    else { return nil }
    return Int32(rest.prefix { $0.isNumber })
}

/// A client that comes again over a new connection when its old one broke. It does not repeat a request.
private final class PatientClient: Sendable {
    private let port: Int
    private let connection = Watched<RawClient?>(nil)

    init(port: Int) {
        self.port = port
    }

    func send(_ subject: String) async -> Bool {
        do {
            let client =
                if let client = connection.value { client } else { try await RawClient.connect(port: port) }
            connection.change { $0 = client }
            try await client.send("GET /you@example.org/\(subject)/text HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let response = try await client.readResponse()
            if response["connection"] == "close" { await close() }
            return response.status == 200
        } catch {
            await close()
            return false
        }
    }

    func close() async {
        await connection.value?.close()
        connection.change { $0 = nil }
    }
}

/// Runs `serve --strategy local` into an inbox of its own.
@discardableResult
func withLocalService<Result: Sendable>(
    _ arguments: [String] = [], inbox settings: InboxSettings = InboxSettings(),
    environment: [String: String] = [:], _ body: @Sendable @escaping (LocalService) async throws -> Result
) async throws -> (result: Result, status: TerminationStatus) {
    try await withInbox(settings) { inbox, arrivals in
        try await withLocalService(arguments, into: inbox, arrivals, environment: environment, body)
    }
}

/// Runs it into an inbox that outlives it.
@discardableResult
func withLocalService<Result: Sendable>(
    _ arguments: [String], into inbox: Inbox, _ arrivals: Watched<[String: Int]>,
    environment: [String: String] = [:], _ body: @Sendable @escaping (LocalService) async throws -> Result
) async throws -> (result: Result, status: TerminationStatus) {
    try await withProgram(
        ["serve", "--strategy", "local", "--port", "0", "--smtp-url", inbox.url] + arguments, environment: environment
    ) { program in
        let service = LocalService(program: program, inbox: inbox, arrivals: arrivals, port: try await program.port())
        return try await body(service)
    }
}

func withInbox<Result: Sendable>(
    _ settings: InboxSettings = InboxSettings(),
    _ body: (Inbox, Watched<[String: Int]>) async throws -> Result
) async throws -> Result {
    let arrivals = Watched<[String: Int]>([:])
    let inbox = try await Inbox.start(
        settings: settings, group: MultiThreadedEventLoopGroup.singleton, logger: .silentInTests)
    let mails = inbox.arrivals(buffering: 100_000)
    let reader = Task { for await mail in mails { arrivals.change { $0[mail.subject, default: 0] += 1 } } }
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body(inbox, arrivals)) } catch { result = .failure(error) }
    await inbox.stop(grace: .zero)
    await reader.value
    return try result.get()
}
