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

/// The arguments of a command, written one after another: without an array of them, which takes longer than they do.
package struct RedisArguments {
    fileprivate var bytes: ByteBuffer
    fileprivate var lengths: [Int] = []

    fileprivate init(count: Int) {
        bytes = ByteBufferAllocator().buffer(capacity: 40 * max(count, 6))
        lengths.reserveCapacity(count)
    }

    // One function for each of the usual types, as a generic one is not specialized for other modules.
    package mutating func append(_ text: String) { lengths.append(bytes.writeString(text)) }
    package mutating func append(_ argument: [UInt8]) { lengths.append(bytes.writeBytes(argument)) }
    package mutating func append(_ number: Int) { append(String(number)) }

    mutating func append(any argument: any RedisArgument) {
        let before = bytes.readableBytes
        argument.write(into: &bytes)
        lengths.append(bytes.readableBytes - before)
    }
}

/// A command and its arguments: `["RPUSH", "key", bytes]`.
public struct RedisCommand: Sendable, ExpressibleByArrayLiteral {
    let bytes: ByteBuffer

    /// - Parameter arguments: The command's name, then its arguments; each may have any bytes.
    public init(_ arguments: [any RedisArgument]) {
        self.init(count: arguments.count) { all in for argument in arguments { all.append(any: argument) } }
    }

    /// - Parameters:
    ///   - count: How many arguments will be written, about.
    ///   - write: Writes the command's name and its arguments.
    package init(count: Int, _ write: (inout RedisArguments) -> Void) {
        var all = RedisArguments(count: count)
        write(&all)
        bytes = RESPEncoder.bytes(of: all.bytes, lengths: all.lengths)
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
