public import NIOCore

/// What may stand in a command: Redis takes bytes, and everything is spelled as such.
public protocol RedisArgument: Sendable {
    func write(into buffer: inout ByteBuffer)
}

extension String: RedisArgument {
    public func write(into buffer: inout ByteBuffer) { buffer.writeString(self) }
}

extension Substring: RedisArgument {
    public func write(into buffer: inout ByteBuffer) { buffer.writeSubstring(self) }
}

extension Int: RedisArgument {
    public func write(into buffer: inout ByteBuffer) { buffer.writeString(String(self)) }
}

extension [UInt8]: RedisArgument {
    public func write(into buffer: inout ByteBuffer) { buffer.writeBytes(self) }
}

extension ByteBuffer: RedisArgument {
    public func write(into buffer: inout ByteBuffer) { buffer.writeImmutableBuffer(self) }
}

/// A command and its arguments: `["RPUSH", "key", bytes]`.
public struct RedisCommand: Sendable, ExpressibleByArrayLiteral {
    /// The first argument, for messages: arguments after it may be secrets, or long.
    let name: String
    let bytes: ByteBuffer

    public init(_ arguments: [any RedisArgument]) {
        var all = ByteBuffer()
        var lengths: [Int] = []
        lengths.reserveCapacity(arguments.count)
        for argument in arguments {
            let before = all.readableBytes
            argument.write(into: &all)
            lengths.append(all.readableBytes - before)
        }
        name = all.getString(at: all.readerIndex, length: min(lengths.first ?? 0, 32)) ?? ""
        bytes = CommandWriter.bytes(of: all, lengths: lengths)
    }

    public init(arrayLiteral arguments: any RedisArgument...) {
        self.init(arguments)
    }
}
