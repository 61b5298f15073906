import NIOCore
import Testing

@testable import RedisClient

@Suite("RESP: commands to bytes, bytes to replies")
struct RESPTests {
    /// All replies in `bytes`, fed in pieces of `size`.
    private func replies(_ bytes: [UInt8], inPiecesOf size: Int = .max) throws -> [RedisValue] {
        var reader = RESPDecoder(byteLimit: 64 << 20)
        var replies: [RedisValue] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            try reader.feed(ByteBuffer(bytes: rest.prefix(size)))
            rest = rest.dropFirst(size)
            while let reply = try reader.next() { replies.append(reply) }
        }
        return replies
    }

    @Test("A command is an array of bulk strings, whatever its bytes")
    func command() {
        let bytes: [UInt8] = [0, 0x0d, 0x0a, 0xff]
        #expect(
            RedisCommand(["SET", "k\r\n", bytes, 42, ""]).bytes.readableBytesView.elementsEqual(
                Array("*5\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$4\r\n".utf8) + bytes
                    + Array("\r\n$2\r\n42\r\n$0\r\n\r\n".utf8)))
        #expect(RedisCommand(["", ""]).bytes == ByteBuffer(string: "*2\r\n$0\r\n\r\n$0\r\n\r\n"))
    }

    private static let all: [(wire: String, value: RedisValue)] = [
        ("+OK\r\n", .string(Array("OK".utf8))),
        (":-9223372036854775808\r\n", .integer(.min)),
        ("$6\r\nfoo\r\nb\r\n", .string(Array("foo\r\nb".utf8))),
        ("$0\r\n\r\n", .string([])),
        ("$-1\r\n", .null),
        ("*-1\r\n", .null),
        ("*0\r\n", .array([])),
        ("-WRONGTYPE no\r\n", .error(RedisReplyError("WRONGTYPE no"))),
        (
            "*3\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n-ERR x\r\n",
            .array([.string([0x61]), .array([.integer(1), .null]), .error(RedisReplyError("ERR x"))])
        ),
        (
            "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:7\r\n",
            (0..<8).reduce(.integer(7)) { value, _ in .array([value]) }
        ),
    ]

    @Test("Of an error reply of any length the beginning is kept")
    func longError() throws {
        let reply = try replies(
            Array(("-ERR " + String(repeating: "x", count: 1 << 20) + "\r\n").utf8), inPiecesOf: .max)
        #expect(reply == [.error(RedisReplyError("ERR " + String(repeating: "x", count: 4092)))])
    }

    @Test("Every reply type is read, wherever the bytes are cut", arguments: [1, 2, 3, 7, .max])
    func cut(size: Int) throws {
        #expect(try replies(Array(Self.all.map(\.wire).joined().utf8), inPiecesOf: size) == Self.all.map(\.value))
    }

    @Test(
        "Bytes that are no reply are an error",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n", "\r\n", ":12a\r\n", ":99999999999999999999\r\n", "$-2\r\n", "$x\r\n",
            "*-2\r\n",
            "*2147483647\r\n", "*2147483648\r\n", "*9223372036854775807\r\n", "*16777217\r\n",
            "*18446744073709551617\r\n",
            "*1\r\n*2147483647\r\n", "$9223372036854775808\r\n", "\0", "*1\r\n!\r\n",
        ])
    func malformed(wire: String) throws {
        #expect(throws: RESPDecoder.MalformedReply.self) { try replies(Array(wire.utf8)) }
        #expect(throws: RESPDecoder.MalformedReply.self) { try replies(Array(wire.utf8), inPiecesOf: 1) }
    }

    @Test("Arrays nested nine deep are an error", arguments: [9, 10, 11, 100_000])
    func nested(depth: Int) throws {
        let wire = String(repeating: "*1\r\n", count: depth) + ":1\r\n"
        #expect(throws: RESPDecoder.MalformedReply.self) { try replies(Array(wire.utf8)) }
    }

    @Test(
        "A reply of more bytes than the limit is an error as soon as they have come",
        arguments: [
            "$9223372036854775807\r\n", "$67108865\r\n", "*2\r\n$3\r\nabc\r\n$67108865\r\n",
        ])
    func endless(beginning: String) throws {
        var reader = RESPDecoder(byteLimit: 64 << 20)
        try reader.feed(ByteBuffer(string: beginning))
        let mebibyte = ByteBuffer(repeating: 0x61, count: 1 << 20)
        for _ in 0..<63 {
            try reader.feed(mebibyte)
            #expect(try reader.next() == nil)
        }
        #expect(throws: RESPDecoder.MalformedReply.self) {
            try reader.feed(mebibyte)
            try reader.feed(mebibyte)
        }
    }

    @Test(
        "A line is an error when a mebibyte of it has come",
        arguments: ["+", "-ERR ", ":", "$", "*", "+\r", "*1\r\n+\n"])
    func endlessLine(beginning: String) throws {
        var reader = RESPDecoder(byteLimit: 64 << 20)
        try reader.feed(ByteBuffer(string: beginning))
        let piece = ByteBuffer(repeating: 0x31, count: 1 << 16)
        for _ in 0..<15 {
            try reader.feed(piece)
            #expect(try reader.next() == nil)
        }
        try reader.feed(piece)
        try reader.feed(piece)
        #expect(throws: RESPDecoder.MalformedReply.self) { try reader.next() }
    }

    @Test("A reply has at most 1,048,576 elements, in all its arrays together")
    func manyElements() throws {
        let most = ReplyBuilder.mostElements
        let half = "*\(most / 2 - 1)\r\n" + String(repeating: ":1\r\n", count: most / 2 - 1)
        let reply = try replies(Array(("*2\r\n" + half + half).utf8), inPiecesOf: 1 << 16)
        #expect(reply.first?.array?.last?.array?.count == most / 2 - 1)
        // The next reply has its own.
        #expect(try replies(Array(("*2\r\n" + half + half + "*2\r\n" + half + half).utf8)).count == 2)
        let error = #expect(throws: RESPDecoder.MalformedReply.self) {
            try replies(Array(("*3\r\n" + half + half + "*1\r\n").utf8))
        }
        #expect(error?.reason == "an array of more than 1048576 elements, which is the limit here")
    }

    @Test("Random bytes are replies or an error")
    func noise() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let letters = Array("+-:$*0123456789\r\n\r\n\r\n".utf8) + [UInt8.random(in: 0...255, using: &generator)]
            let bytes = (0..<64).map { _ in letters.randomElement(using: &generator) ?? 0 }
            let whole = Result { try replies(bytes) }
            let cut = Result { try replies(bytes, inPiecesOf: 1) }
            switch (whole, cut) {
            case (.success(let whole), .success(let cut)): #expect(whole == cut)
            case (.failure, .failure): break
            default: Issue.record("\(bytes) is read in one way whole, in another cut")
            }
        }
    }
}
