import BgdemoCHiredis
import NIOCore

// The only file that calls hiredis. None of its types and no pointer leaves it.

/// The library's version: `1.2.0`.
public let hiredisVersion = "\(HIREDIS_MAJOR).\(HIREDIS_MINOR).\(HIREDIS_PATCH)"

/// Turns commands into bytes of the Redis protocol (RESP2, <https://redis.io/docs/latest/develop/reference/protocol-spec/>).
enum RESPEncoder {
    /// One command's bytes: an array of bulk strings.
    ///
    /// - Parameters:
    ///   - arguments: The bytes of all arguments, one after another.
    ///   - lengths: How many of them belong to each argument.
    static func bytes(of arguments: ByteBuffer, lengths: [Int]) -> ByteBuffer {
        unsafe arguments.withUnsafeReadableBytes { bytes in
            unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: lengths.count) { starts in
                // An empty buffer may have no address, and hiredis reads none of an argument without length.
                var start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                for (place, length) in lengths.enumerated() {
                    unsafe starts.initializeElement(at: place, to: start)
                    unsafe start = start?.advanced(by: length)
                }
                return unsafe format(numericCast(lengths.count), starts.baseAddress, lengths)
            }
        }
    }

    private static func format(
        _ count: CInt, _ starts: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ lengths: [Int]
    ) -> ByteBuffer {
        var command: UnsafeMutablePointer<CChar>?
        // hiredis' other function takes half as long again: it prints each length by `sprintf`.
        let length = unsafe redisFormatSdsCommandArgv(&command, count, starts, lengths)
        defer { unsafe redisFreeSdsCommand(command) }
        guard length > 0, let command = unsafe command else {
            // As Swift's own allocations do where there is no memory.
            fatalError("no memory for a Redis command")
        }
        return unsafe ByteBuffer(bytes: UnsafeRawBufferPointer(start: command, count: Int(length)))
    }
}

/// Turns bytes into replies, wherever reads cut them. After an error there is no next reply, because where it would
/// begin is unknown.
@safe struct RESPDecoder: ~Copyable {
    /// Why the bytes are not replies.
    struct MalformedReply: Error {
        let reason: String
    }

    private let reader: UnsafeMutablePointer<redisReader>
    private let sink: UnsafeMutablePointer<resp_sink>
    private let builder = ReplyBuilder()
    private let byteLimit: Int
    private var unread = 0

    /// - Parameter byteLimit: The most bytes of one reply.
    init(byteLimit: Int) {
        self.byteLimit = byteLimit
        unsafe sink = .allocate(capacity: 1)
        unsafe sink.initialize(to: Self.sink(into: builder))
        guard let reader = unsafe resp_reader(sink) else { fatalError("no memory for a Redis reply reader") }
        unsafe self.reader = unsafe reader
    }

    deinit {
        unsafe redisReaderFree(reader)
        unsafe sink.deallocate()
    }

    mutating func feed(_ buffer: ByteBuffer) throws(MalformedReply) {
        unread += buffer.readableBytes
        guard unread <= byteLimit else {
            throw MalformedReply(reason: "a reply of more than \(byteLimit) bytes, which is the limit here")
        }
        let status = unsafe buffer.withUnsafeReadableBytes { bytes in
            unsafe redisReaderFeed(reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard status == REDIS_OK else { throw malformed() }
    }

    /// The next reply that is whole, or nil.
    mutating func next() throws(MalformedReply) -> RedisValue? {
        var reply: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(reader, &reply) == REDIS_OK else { throw malformed() }
        guard unsafe reply != nil else {
            guard unsafe !resp_line_is_longer(reader, Self.longestLine) else {
                throw MalformedReply(reason: "a line of more than \(Self.longestLine) bytes, which is the limit here")
            }
            return nil
        }
        unread = 0
        return builder.take()
    }

    private func malformed() -> MalformedReply {
        unsafe MalformedReply(reason: builder.refusal ?? String(cString: resp_error(reader)))
    }

    // MARK: From hiredis to the builder

    private static func sink(into builder: ReplyBuilder) -> resp_sink {
        // The decoder holds the builder as long as its reader.
        unsafe resp_sink(
            builder: Unmanaged.passUnretained(builder).toOpaque(),
            array: { builder, type, count in
                guard type == REDIS_REPLY_ARRAY else { return unsafe RESPDecoder.builder(builder).refuse(type: type) }
                return unsafe RESPDecoder.builder(builder).begin(count)
            },
            text: { builder, type, bytes, length in
                let bytes = unsafe UnsafeRawBufferPointer(start: bytes, count: length)
                switch type {
                case REDIS_REPLY_STRING, REDIS_REPLY_STATUS:
                    return unsafe RESPDecoder.builder(builder).add(.string(RESPDecoder.copy(bytes)))
                case REDIS_REPLY_ERROR:
                    let text = unsafe String(decoding: bytes.prefix(RESPDecoder.longestError), as: UTF8.self)
                    return unsafe RESPDecoder.builder(builder).add(.error(RedisReplyError(text)))
                case let type: return unsafe RESPDecoder.builder(builder).refuse(type: type)
                }
            },
            integer: { unsafe RESPDecoder.builder($0).add(.integer(Int($1))) },
            null: { unsafe RESPDecoder.builder($0).add(.null) })
    }

    /// The copy of a large text takes half as long in memory of large pages, and the event loop waits for it.
    private static func copy(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: bytes.count) { copy, count in
            unsafe resp_use_large_pages(copy.baseAddress, bytes.count)
            unsafe UnsafeMutableRawBufferPointer(copy).copyMemory(from: bytes)
            count = bytes.count
        }
    }

    private static func builder(_ pointer: UnsafeMutableRawPointer?) -> ReplyBuilder {
        guard let pointer = unsafe pointer else { fatalError("hiredis has lost the builder of replies") }
        return unsafe Unmanaged<ReplyBuilder>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Texts of any bytes come with their length. A line is a number, a status or an error.
    private static let longestLine = 1 << 20

    /// Those of Redis have some hundred bytes. More is not read: the text is compared, printed and logged.
    private static let longestError = 4096
}
