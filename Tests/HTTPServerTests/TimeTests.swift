import NIOCore
import NIOEmbedded
import Testing

@testable import BgdemoHTTPServer

@Suite("A client has so much time and no more")
struct TimeTests {
    private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let limits: HTTPLimits = {
        var limits = HTTPLimits()
        limits.headTime = .seconds(10)
        limits.bodyTime = .seconds(30)
        limits.idleTime = .seconds(75)
        limits.writeTime = .seconds(20)
        return limits
    }()

    @Test("A head that trickles in has a time limit")
    func head() throws {
        let connection = try EmbeddedConnection(Echo(), limits: Self.limits)
        for byte in Self.request.prefix(9) {
            try connection.receive(String(byte))
            connection.pass(.seconds(1))
        }
        #expect(try connection.written() == "")
        connection.pass(.milliseconds(999))
        #expect(try connection.written() == "")
        connection.pass(.milliseconds(1))
        let answer = try connection.written()
        #expect(answer.hasPrefix("HTTP/1.1 408 "))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(connection.isOutputClosed)
        connection.pass(.seconds(1))
        #expect(!connection.isOpen)
    }

    @Test("Each head has its own time limit")
    func heads() throws {
        let connection = try EmbeddedConnection(Echo(), limits: Self.limits)
        let half = Self.request.count / 2
        try connection.receive(String(Self.request.prefix(half)))
        for _ in 0..<5 {
            connection.pass(.seconds(9))
            try connection.receive(String(Self.request.dropFirst(half)) + Self.request.prefix(half))
        }
        #expect(connection.observer.statuses == [200, 200, 200, 200, 200])
        connection.pass(.seconds(10))
        #expect(connection.observer.statuses.last == 408)
    }

    @Test("A body has a time limit")
    func body() throws {
        let connection = try EmbeddedConnection(Echo(), limits: Self.limits)
        try connection.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        for _ in 0..<29 {
            connection.pass(.seconds(1))
            try connection.receive("x")
        }
        #expect(connection.observer.statuses == [])
        connection.pass(.seconds(1))
        #expect(connection.observer.statuses == [408])
    }

    @Test("An idle connection has a time limit, and empty lines do not extend it", arguments: ["", "\r\n"])
    func idle(trickle: String) throws {
        let connection = try EmbeddedConnection(Echo(), limits: Self.limits)
        connection.pass(.seconds(50))
        try connection.receive(Self.request)
        #expect(try connection.written().hasPrefix("HTTP/1.1 200 "))
        for _ in 0..<74 {
            connection.pass(.seconds(1))
            if !trickle.isEmpty { try connection.receive(trickle) }
        }
        #expect(connection.isOpen)
        connection.pass(.seconds(1))
        #expect(!connection.isOpen)
        #expect(try connection.written() == "")
    }

    @Test("A client has a time limit to read each write")
    func slowReader() throws {
        let connection = try EmbeddedConnection(Echo(), limits: Self.limits)
        connection.stick()
        for _ in 0..<3 { try connection.receive(Self.request) }
        for _ in 0..<2 {
            connection.pass(.seconds(19))
            #expect(connection.isOpen)
            connection.readOne()
        }
        connection.pass(.seconds(19))
        #expect(connection.isOpen)
        connection.pass(.seconds(1))
        #expect(!connection.isOpen)
    }

    @Test("The time limit to read stops while the client reads")
    func reads() throws {
        let connection = try EmbeddedConnection(Echo(), limits: Self.limits)
        connection.stick()
        try connection.receive(Self.request)
        connection.pass(.seconds(19))
        connection.readOne()
        connection.pass(.seconds(74))
        #expect(connection.isOpen)
        connection.pass(.seconds(1))
        #expect(!connection.isOpen)
    }

    @Test("A closing connection has a time limit")
    func lingering() throws {
        let connection = try EmbeddedConnection(Echo(), limits: Self.limits)
        try connection.receive("GET / HTTP/1.0\r\n\r\n")
        #expect(connection.isOutputClosed)
        // What it still sends is read past.
        try connection.receive("anything")
        connection.pass(.milliseconds(999))
        #expect(connection.isOpen)
        connection.pass(.milliseconds(1))
        #expect(!connection.isOpen)
        #expect(connection.observer.statuses == [200])
    }

    @Test("A response that is not read yet is not cut off by the close")
    func closingWaitsForTheReader() throws {
        let connection = try EmbeddedConnection(Echo(), limits: Self.limits)
        connection.stick()
        try connection.receive("GET / HTTP/1.0\r\n\r\n")
        connection.pass(.seconds(19))
        #expect(connection.isOpen)
        #expect(!connection.isOutputClosed)
        connection.readOne()
        #expect(connection.isOutputClosed)
    }
}

@Suite("A connection holds no more than its bounds")
struct BoundTests {
    private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("No requests are read from a client that does not read responses")
    func backPressure() throws {
        let connection = try EmbeddedConnection(Echo())
        connection.fillUp(true)
        try connection.receive(String(repeating: Self.request, count: 100))
        #expect(connection.observer.statuses == [])
        connection.fillUp(false)
        connection.pass(.milliseconds(1))
        #expect(connection.observer.statuses.count == 100)
    }

    @Test("The responses to one read are written in parts")
    func batches() throws {
        let page = [UInt8](repeating: 0x78, count: 10_000)
        let connection = try EmbeddedConnection(FixedResponse(bytes: page))
        try connection.receive(String(repeating: Self.request, count: 2000))
        connection.pass(.milliseconds(1))
        var writes = 0
        while let buffer = try connection.channel.readOutbound(as: ByteBuffer.self) {
            writes += 1
            #expect(buffer.readableBytes < 80_000)
        }
        #expect(writes > 100)
        #expect(connection.observer.statuses.count == 2000)
    }

    @Test("Thousands of waiting requests are read without recursion")
    func depth() throws {
        let connection = try EmbeddedConnection(Echo())
        connection.fillUp(true)
        try connection.receive(String(repeating: Self.request, count: 100_000))
        connection.fillUp(false)
        connection.pass(.milliseconds(1))
        #expect(connection.observer.statuses.count == 100_000)
    }

    @Test("A closed connection leaves nothing behind")
    func noLeak() throws {
        weak var connection: HTTPConnectionHandler?
        do {
            let channel = EmbeddedChannel()
            let handler = HTTPConnectionHandler(
                handler: Echo(), limits: HTTPLimits(), budget: ReceiveBudget(limit: .max),
                observer: EmbeddedConnection.Observer(), loop: channel.eventLoop,
                turns: TurnQueue(on: channel.eventLoop))
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
