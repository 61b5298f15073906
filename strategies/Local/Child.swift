import Logging
import NIOCore
import BgdemoPipes
import Subprocess

/// The master's picture of one child. It belongs to the master's event loop.
final class Child {
    let number: Int
    let role: ChildRole
    /// Workers have places side by side; who is renewed and its successor have the same.
    let place: Int
    let started = NIODeadline.now()
    let signals: AsyncStream<Signal>
    private let signalling: AsyncStream<Signal>.Continuation
    private var writer: LineWriter?
    private(set) var name: String
    /// Speaks for it.
    private(set) var logger: Logger
    private(set) var isReady = false
    private(set) var isStopping = false
    /// Its successor is on the way.
    var isOutgoing = false
    /// Until here it was heard of.
    private var lastSign = NIODeadline.now()
    /// What the master has promised to take from a web server, and has not got yet.
    var promised = Credit()
    /// Mails that were given to it and forgotten, as the talk does.
    var forwarded = 0

    init(number: Int, role: ChildRole, place: Int, logger: Logger) {
        self.number = number
        self.role = role
        self.place = place
        self.logger = logger
        name = role.title
        (signals, signalling) = AsyncStream.makeStream()
    }

    func born(pid: Int32, writer: LineWriter, voice: (String) -> Logger) {
        name = "\(role.title) @ \(pid)"
        logger = voice(name)
        self.writer = writer
        lastSign = .now()
    }

    /// Whether it needs no successor.
    var isStaying: Bool { !isStopping && !isOutgoing }

    func post(_ message: PipeMessage) { writer?.post(message) }

    func becameReady() {
        isReady = true
        lastSign = .now()
    }

    func gaveSign() { lastSign = .now() }

    /// Asks for a sign of life.
    ///
    /// - Returns: How long there was none.
    func ask() -> TimeAmount {
        if isReady { writer?.post(.ping) }
        return .now() - lastSign
    }

    /// Whether what it was told has been read, so that it may be told what is not important.
    var listens: Bool { isReady && (writer?.unwritten ?? 0) < 1 << 16 }

    /// Finish what is in hand, and end.
    func stop() {
        isStopping = true
        post(.stop)
    }

    func kill() { signalling.yield(.kill) }

    /// Nothing more will be heard of it.
    func connectionDidClose() {
        signalling.finish()
        writer?.close()
    }
}

/// A place that has to be filled with a living child.
struct ChildSlot: Hashable {
    let role: ChildRole
    let place: Int
}

extension Child {
    var slot: ChildSlot { ChildSlot(role: role, place: place) }
}
