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
        let length = unsafe redisFormatCommandArgv(&command, count, starts, lengths)
        defer { unsafe redisFreeCommand(command) }
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
    private let byteLimit: Int
    private var unread = 0

    /// - Parameter byteLimit: The most bytes of one reply.
    init(byteLimit: Int) {
        self.byteLimit = byteLimit
        guard let reader = unsafe resp_reader() else { fatalError("no memory for a Redis reply reader") }
        unsafe self.reader = unsafe reader
    }

    deinit {
        unsafe redisReaderFree(reader)
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
        guard let reply = unsafe reply else { return nil }
        defer { unsafe freeReplyObject(reply) }
        unread = 0
        return try unsafe value(reply)
    }

    private func malformed() -> MalformedReply {
        MalformedReply(reason: unsafe String(cString: resp_error(reader)))
    }

    private func value(_ reply: UnsafeRawPointer) throws(MalformedReply) -> RedisValue {
        switch unsafe resp_type(reply) {
        case REDIS_REPLY_NIL: return .null
        case REDIS_REPLY_INTEGER: return unsafe .integer(Int(resp_integer(reply)))
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: return unsafe .string(bytes(reply))
        case REDIS_REPLY_ERROR:
            return unsafe .error(
                RedisReplyError(String(decoding: bytes(reply, limit: Self.longestError), as: UTF8.self)))
        case REDIS_REPLY_ARRAY:
            let count = unsafe resp_count(reply)
            var values: [RedisValue] = []
            values.reserveCapacity(count)
            for place in 0..<count {
                guard let element = unsafe resp_element(reply, place) else {
                    throw MalformedReply(reason: "an array with a hole")
                }
                values.append(try unsafe value(element))
            }
            return .array(values)
        case let type: throw MalformedReply(reason: "a reply of type \(type), which RESP2 does not have")
        }
    }

    /// Those of Redis have some hundred bytes. More is not read: the text is compared, printed and logged.
    private static let longestError = 4096

    private func bytes(_ reply: UnsafeRawPointer, limit: Int = .max) -> [UInt8] {
        unsafe Array(UnsafeRawBufferPointer(start: resp_bytes(reply), count: min(resp_length(reply), limit)))
    }
}
