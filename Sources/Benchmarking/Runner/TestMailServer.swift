public import BgdemoSMTPInbox
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The mail server of a run, an inbox in the measuring process. It can be closed and opened again on the same port with
/// other settings, and passes each mail to the recorder of its load.
public final class TestMailServer: Sendable {
    private struct State {
        var inbox: Inbox?
        var settings: InboxSettings
        var recorders: [String: [any ArrivalRecorder]] = [:]
    }

    public let port: Int
    private let state: Mutex<State>
    private let backgroundTasks: BackgroundTasks
    private let loop: any EventLoop

    public var url: String { "smtp://127.0.0.1:\(port)" }

    /// Opens on this port; 0 for a free one.
    package static func open(
        _ settings: InboxSettings, port: Int = 0, in backgroundTasks: BackgroundTasks
    ) async throws -> TestMailServer {
        // One event loop suffices for many connections, since no mail is kept.
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let (inbox, arrivals) = try await start(settings, port == 0 ? PortAllocator.free() : port, loop)
        let mailServer = TestMailServer(inbox, settings, backgroundTasks, loop)
        mailServer.read(arrivals)
        return mailServer
    }

    private init(_ inbox: Inbox, _ settings: InboxSettings, _ backgroundTasks: BackgroundTasks, _ loop: any EventLoop) {
        port = inbox.port
        state = Mutex(State(inbox: inbox, settings: settings))
        (self.backgroundTasks, self.loop) = (backgroundTasks, loop)
    }

    /// - Returns: The inbox, and all mails that it receives.
    private static func start(
        _ settings: InboxSettings, _ port: Int, _ loop: any EventLoop
    ) async throws -> (Inbox, AsyncStream<CaughtMail>) {
        var settings = settings
        settings.keep = 0
        settings.maxConnections = 20_000
        settings.storesWithAnswer = true
        let logger = Logger(label: "inbox") { _ in SwiftLogNoOpLogHandler() }
        var attempts = 0
        while true {
            do {
                var arrivals = AsyncStream<CaughtMail> { $0.finish() }
                let inbox = try await Inbox.start(port: port, settings: settings, group: loop, logger: logger) {
                    arrivals = $0.arrivals(buffering: 1 << 20)
                }
                return (inbox, arrivals)
            } catch let error as InboxError {
                // Between fork and exec, a process that is just being started holds this process' closed listener.
                attempts += 1
                guard attempts < 100 else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    public var settings: InboxSettings { state.withLock(\.settings) }

    /// Stops listening and closes all connections. A mail without an answer is not received.
    public func close() async {
        await state.withLock { $0.inbox.take() }?.stop(grace: .zero)
    }

    /// Closes and opens again on the same port. Default: with the same settings.
    ///
    /// - Throws: The error of a bind that fails.
    public func reopen(_ settings: InboxSettings? = nil) async throws {
        await close()
        let settings = settings ?? self.settings
        let (inbox, arrivals) = try await Self.start(settings, port, loop)
        state.withLock { ($0.inbox, $0.settings) = (inbox, settings) }
        read(arrivals)
    }

    /// Behaves by this delay and these faults from now on. Connections stay open.
    package func change(delay: ReplyDelay, faults: [InboxFault]) throws {
        try state.withLock { state in
            state.settings.delay = delay
            state.settings.faults = faults
            try state.inbox?.change(delay: delay, faults: faults)
        }
    }

    private func read(_ arrivals: AsyncStream<CaughtMail>) {
        backgroundTasks.add { [weak self] in
            for await mail in arrivals { self?.sort(mail) }
        }
    }

    // MARK: Recorders

    /// Passes the mails of this recorder's load to it from now on.
    package func add(_ recorder: any ArrivalRecorder) {
        state.withLock { $0.recorders[recorder.run, default: []].append(recorder) }
    }

    private func sort(_ mail: CaughtMail) {
        let now = DeliveryRecorder.now
        let parts = mail.subject.split(separator: "-")
        guard parts.count == 2, let number = Int(parts[1]),
            let recorders = state.withLock({ $0.recorders[String(parts[0])] })
        else { return }
        for recorder in recorders { recorder.arrived(number, at: now) }
    }
}
