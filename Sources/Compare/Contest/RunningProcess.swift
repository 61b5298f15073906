import Platform
import Subprocess
import Synchronization

/// A process of a contest, from the line that says that it is ready to its end.
final class RunningProcess: Sendable {
    /// What is to be run.
    struct Order: Sendable {
        /// For messages: `web server`, `redis-server`.
        var name: String
        var executable: String
        var arguments: [String]
        /// Whether the process says by this line that it is ready.
        var isReady: @Sendable (String) -> Bool
    }

    private enum Event: Sendable {
        case began(Int32, @Sendable (Signal) throws -> Void)
        case said(String)
    }

    let name: String
    let pid: Int32
    private let send: @Sendable (Signal) throws -> Void
    private let running: AsyncStream<Never>

    private init(
        _ name: String, _ pid: Int32, _ running: AsyncStream<Never>,
        _ send: @escaping @Sendable (Signal) throws -> Void
    ) {
        (self.name, self.pid, self.running, self.send) = (name, pid, running, send)
    }

    /// Starts it in the nursery, and returns when it is ready.
    ///
    /// - Throws: ``ContestError`` with what it said, where it ends before, or is silent for `limit`.
    static func start(
        _ order: Order, in nursery: Nursery, watch: Undertaker, limit: Duration = .seconds(30)
    ) async throws -> RunningProcess {
        let (events, event) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingOldest(1000))
        let (running, life) = AsyncStream.makeStream(of: Never.self)
        nursery.begin {
            defer {
                event.finish()
                life.finish()
            }
            do { try await live(order, watch, event) } catch { event.yield(.said("\(error)")) }
        }
        return try await within(limit, "\(order.name) is not ready after \(limit)") {
            var began: (Int32, @Sendable (Signal) throws -> Void)?
            var said: [String] = []
            for await event in events {
                switch event {
                case .began(let pid, let send): began = (pid, send)
                case .said(let line):
                    said.append(line)
                    guard order.isReady(line), let (pid, send) = began else { continue }
                    return RunningProcess(order.name, pid, running, send)
                }
            }
            throw ContestError("\(order.name) ended before it was ready:\n\(said.suffix(10).joined(separator: "\n"))")
        }
    }

    private static func live(
        _ order: Order, _ watch: Undertaker, _ event: AsyncStream<Event>.Continuation
    ) async throws {
        var options = PlatformOptions()
        // A group of its own: Ctrl-C in the terminal is for the one who measures.
        options.processGroupID = 0
        _ = try await run(
            Configuration(
                executable: order.executable.contains("/")
                    ? .path(FilePath(order.executable)) : .name(order.executable),
                arguments: Arguments(order.arguments), environment: .custom(Surroundings.variables),
                platformOptions: options),
            input: .none, output: .sequence, error: .combinedWithOutput
        ) { execution in
            let pid = execution.processIdentifier.value
            watch.add(pid)
            defer { watch.remove(pid) }
            event.yield(.began(pid) { try execution.send(signal: $0) })
            // Its lines are read to the end: a full pipe would stop it.
            for try await line in execution.standardOutput.strings() { event.yield(.said(line)) }
        }
    }

    func signal(_ signal: Signal) throws { try send(signal) }

    /// Returns when it has ended. To be asked by one task at a time.
    func ended() async {
        for await _ in running {}
    }
}

/// Why a strategy can't be measured, in words for who wanted it.
public struct ContestError: Error, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// What `body` returns, unless it takes longer than `limit`.
func within<Result: Sendable>(
    _ limit: Duration, _ complaint: @autoclosure @Sendable @escaping () -> String,
    _ body: @Sendable @escaping () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw ContestError(complaint())
        }
        defer { group.cancelAll() }
        guard let result = try await group.next() else { throw ContestError(complaint()) }
        return result
    }
}
