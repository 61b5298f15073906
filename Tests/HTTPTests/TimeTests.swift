import NIOCore
import NIOEmbedded
import Testing

@testable import HTTP

@Suite("A client has so much time and no more")
struct TimeTests {
    private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let limits: Limits = {
        var limits = Limits()
        limits.headTime = .seconds(10)
        limits.bodyTime = .seconds(30)
        limits.idleTime = .seconds(75)
        limits.writeTime = .seconds(20)
        return limits
    }()

    @Test("for a head, though it trickles")
    func head() throws {
        let wire = try Wire(Echo(), limits: Self.limits)
        for byte in Self.request.prefix(9) {
            try wire.receive(String(byte))
            wire.pass(.seconds(1))
        }
        #expect(try wire.written() == "")
        wire.pass(.milliseconds(999))
        #expect(try wire.written() == "")
        wire.pass(.milliseconds(1))
        let answer = try wire.written()
        #expect(answer.hasPrefix("HTTP/1.1 408 "))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(wire.isOutputClosed)
        wire.pass(.seconds(1))
        #expect(!wire.isOpen)
    }

    @Test("for each head anew")
    func heads() throws {
        let wire = try Wire(Echo(), limits: Self.limits)
        let half = Self.request.count / 2
        try wire.receive(String(Self.request.prefix(half)))
        for _ in 0..<5 {
            wire.pass(.seconds(9))
            try wire.receive(String(Self.request.dropFirst(half)) + Self.request.prefix(half))
        }
        #expect(wire.watch.statuses == [200, 200, 200, 200, 200])
        wire.pass(.seconds(10))
        #expect(wire.watch.statuses.last == 408)
    }

    @Test("for a body")
    func body() throws {
        let wire = try Wire(Echo(), limits: Self.limits)
        try wire.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        for _ in 0..<29 {
            wire.pass(.seconds(1))
            try wire.receive("x")
        }
        #expect(wire.watch.statuses == [])
        wire.pass(.seconds(1))
        #expect(wire.watch.statuses == [408])
    }

    @Test("between requests, and empty lines are none", arguments: ["", "\r\n"])
    func idle(trickle: String) throws {
        let wire = try Wire(Echo(), limits: Self.limits)
        wire.pass(.seconds(50))
        try wire.receive(Self.request)
        #expect(try wire.written().hasPrefix("HTTP/1.1 200 "))
        for _ in 0..<74 {
            wire.pass(.seconds(1))
            if !trickle.isEmpty { try wire.receive(trickle) }
        }
        #expect(wire.isOpen)
        wire.pass(.seconds(1))
        #expect(!wire.isOpen)
        #expect(try wire.written() == "")
    }

    @Test("to read what is ready, write by write")
    func slowReader() throws {
        let wire = try Wire(Echo(), limits: Self.limits)
        wire.stick()
        for _ in 0..<3 { try wire.receive(Self.request) }
        for _ in 0..<2 {
            wire.pass(.seconds(19))
            #expect(wire.isOpen)
            wire.readOne()
        }
        wire.pass(.seconds(19))
        #expect(wire.isOpen)
        wire.pass(.seconds(1))
        #expect(!wire.isOpen)
    }

    @Test("to read, and being read it rests")
    func reads() throws {
        let wire = try Wire(Echo(), limits: Self.limits)
        wire.stick()
        try wire.receive(Self.request)
        wire.pass(.seconds(19))
        wire.readOne()
        wire.pass(.seconds(74))
        #expect(wire.isOpen)
        wire.pass(.seconds(1))
        #expect(!wire.isOpen)
    }

    @Test("to take the end of its connection")
    func lingering() throws {
        let wire = try Wire(Echo(), limits: Self.limits)
        try wire.receive("GET / HTTP/1.0\r\n\r\n")
        #expect(wire.isOutputClosed)
        // What it still sends is read past.
        try wire.receive("anything")
        wire.pass(.milliseconds(999))
        #expect(wire.isOpen)
        wire.pass(.milliseconds(1))
        #expect(!wire.isOpen)
        #expect(wire.watch.statuses == [200])
    }

    @Test("an answer that is not read yet is not cut off by the closing")
    func closingWaitsForTheReader() throws {
        let wire = try Wire(Echo(), limits: Self.limits)
        wire.stick()
        try wire.receive("GET / HTTP/1.0\r\n\r\n")
        wire.pass(.seconds(19))
        #expect(wire.isOpen)
        #expect(!wire.isOutputClosed)
        wire.readOne()
        #expect(wire.isOutputClosed)
    }
}

@Suite("A connection holds no more than its bounds")
struct BoundTests {
    private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("a client that does not read is not listened to")
    func backPressure() throws {
        let wire = try Wire(Echo())
        wire.fillUp(true)
        try wire.receive(String(repeating: Self.request, count: 100))
        #expect(wire.watch.statuses == [])
        wire.fillUp(false)
        #expect(wire.watch.statuses.count == 100)
    }

    @Test("the answers of one read go out in parts")
    func batches() throws {
        let page = [UInt8](repeating: 0x78, count: 10_000)
        let wire = try Wire(Page(bytes: page))
        try wire.receive(String(repeating: Self.request, count: 2000))
        var writes = 0
        while let buffer = try wire.channel.readOutbound(as: ByteBuffer.self) {
            writes += 1
            #expect(buffer.readableBytes < 80_000)
        }
        #expect(writes > 100)
        #expect(wire.watch.statuses.count == 2000)
    }

    @Test("thousands of requests that waited are read without recursion")
    func depth() throws {
        let wire = try Wire(Echo())
        wire.fillUp(true)
        try wire.receive(String(repeating: Self.request, count: 100_000))
        wire.fillUp(false)
        #expect(wire.watch.statuses.count == 100_000)
    }

    @Test("nothing of it is left when it is closed")
    func noLeak() throws {
        weak var connection: Connection?
        do {
            let channel = EmbeddedChannel()
            let handler = Connection(handler: Echo(), limits: Limits(), watch: Wire.Watch(), loop: channel.eventLoop)
            connection = handler
            try channel.pipeline.syncOperations.addHandler(handler)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            try channel.writeInbound(ByteBuffer(string: Self.request + "GET"))
            #expect(connection != nil)
            _ = try channel.finish(acceptAlreadyClosed: true)
        }
        #expect(connection == nil)
    }
}
