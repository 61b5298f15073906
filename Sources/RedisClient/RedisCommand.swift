public import NIOCore

/// An argument of a command. Redis takes bytes.
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
    let bytes: ByteBuffer

    /// - Parameter arguments: The command's name, then its arguments; each may have any bytes.
    public init(_ arguments: [any RedisArgument]) {
        var all = ByteBufferAllocator().buffer(capacity: 240)
        var lengths: [Int] = []
        lengths.reserveCapacity(arguments.count)
        for argument in arguments {
            let before = all.readableBytes
            argument.write(into: &all)
            lengths.append(all.readableBytes - before)
        }
        bytes = RESPEncoder.bytes(of: all, lengths: lengths)
    }

    public init(arrayLiteral arguments: any RedisArgument...) {
        self.init(arguments)
    }

    /// The first argument, for messages: the others may be secrets, or long.
    var name: String { Self.name(in: bytes) }

    static func name(in bytes: ByteBuffer) -> String {
        let lines = bytes.readableBytesView.prefix(64).split(separator: 0x0d)
        return lines.count > 2 ? String(decoding: lines[2].dropFirst(), as: UTF8.self) : ""
    }
}

extension RedisCommand {
    /// The command's name and its arguments, for a Redis that is no server.
    package var arguments: [[UInt8]] { Words(rest: bytes.readableBytesView).map { Array($0) } }
}
