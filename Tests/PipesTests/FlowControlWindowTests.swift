import BgdemoCore
import BgdemoSystemCompat
import BgdemoTestSupport
import NIOCore
import NIOPosix
import Testing

@testable import BgdemoPipes

/// What became of each line, in the order of the answers: `true` where it was taken.
private typealias Answers = Watched<[Int: Bool]>

@Suite("The window of a web server", .timeLimit(.minutes(1)))
struct FlowControlWindowTests {
    /// A window, and the end of its pipe that the master reads.
    private static func with(
        isSpooled: Bool = true, _ body: (FlowControlWindow, SystemFile, Answers) async throws -> Void
    ) async throws {
        let pipes = try ChildPipes(passing: nil)
        let writer = try await pipes.writer(on: MultiThreadedEventLoopGroup.singleton.next())
        let window = FlowControlWindow(writer, isSpooled: isSpooled)
        window.add(Credit(mails: 100, bytes: 1 << 30))
        defer {
            window.close()
            writer.close()
            for end in [pipes.childInput, pipes.childOutput, pipes.childErrors] { try? end.close() }
            for end in [pipes.output, pipes.errors] { try? SystemFile(rawValue: end).close() }
        }
        try await body(window, pipes.childInput, Answers([:]))
    }

    private static func send(_ number: Int, _ line: String, _ window: FlowControlWindow, _ answers: Answers) {
        Task {
            let isTaken: Bool
            do {
                try await window.send(line)
                isTaken = true
            } catch {
                isTaken = false
            }
            answers.change { $0[number] = isTaken }
        }
    }

    /// Reads so many bytes, on a thread of its own: the pool of tasks may have no more than those that wait here.
    private static func read(_ count: Int, from pipe: SystemFile) async throws {
        try await NIOThreadPool.singleton.runIfActive {
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            var left = count
            while left > 0 {
                let read = try unsafe bytes.withUnsafeMutableBytes { buffer in
                    try unsafe pipe.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(left)))
                }
                guard read > 0 else { throw Errno.brokenPipe }
                left -= read
            }
        }
    }

    /// More than a pipe takes that nobody reads.
    private static let long = String(repeating: "x", count: 4 << 20)

    @Test("A confirmation that comes before the pipe has taken the whole line is that line's")
    func earlyConfirmation() async throws {
        try await Self.with { window, pipe, answers in
            Self.send(1, Self.long, window, answers)
            try await Self.read(1, from: pipe)
            window.confirm(1)
            try await answers.wait { $0[1] == true }
            try await Self.read(Self.long.utf8.count, from: pipe)
            // The next confirmation is the next line's.
            Self.send(2, "x", window, answers)
            try await Self.read(2, from: pipe)
            #expect(answers.value[2] == nil)
            window.confirm(1)
            try await answers.wait { $0[2] == true }
        }
    }

    @Test("Requests are answered in the order they were sent, whether their mails are kept or not")
    func order() async throws {
        try await Self.with { window, pipe, answers in
            for number in 1...4 {
                Self.send(number, "x", window, answers)
                try await Self.read(2, from: pipe)
            }
            window.confirm(1)
            window.reject(2, "the disk is full")
            try await answers.wait { $0 == [1: true, 2: false, 3: false] }
            window.confirm(1)
            try await answers.wait { $0[4] == true }
        }
    }

    @Test("Without a spool a request waits until the pipe has all of its line")
    func written() async throws {
        try await Self.with(isSpooled: false) { window, pipe, answers in
            Self.send(1, Self.long, window, answers)
            try await Self.read(1, from: pipe)
            #expect(answers.value.isEmpty)
            try await Self.read(Self.long.utf8.count, from: pipe)
            try await answers.wait { $0[1] == true }
        }
    }

    @Test("Without a master every request is refused: those that wait, and those that come", arguments: [true, false])
    func masterGone(isSpooled: Bool) async throws {
        try await Self.with(isSpooled: isSpooled) { window, pipe, answers in
            Self.send(1, Self.long, window, answers)
            try await Self.read(1, from: pipe)
            // The write breaks, and nothing else says that the master is gone.
            shutdown(pipe.rawValue, Int32(SHUT_RDWR))
            try await answers.wait { $0[1] == false }
            await #expect(throws: AcceptError.self) { try await window.send("x") }
        }
    }
}
