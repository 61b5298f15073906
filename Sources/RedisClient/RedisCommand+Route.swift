import NIOCore

extension RedisCommand {
    /// The slots of a Redis Cluster.
    static let slots = 0..<16_384

    /// Which nodes of a Redis Cluster get a command (<https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>).
    enum Route: Hashable {
        /// The node that has this slot.
        case slot(Int)
        /// Any node: the command names no key.
        case any
        /// All nodes: each has a script cache of its own.
        case all
    }

    var route: Route {
        let name = argument(0).map { String(decoding: $0, as: UTF8.self).uppercased() } ?? ""
        switch name {
        case "SCRIPT": return .all
        case "EVAL", "EVALSHA":
            return argument(2).map { Array($0) } == [UInt8(ascii: "0")] ? .any : route(byArgument: 3)
        case "CLUSTER", "CONFIG", "INFO", "PING", "PUBLISH", "TIME": return .any
        // The pattern of `SCAN cursor MATCH pattern` names the keys' slot, where they have one.
        case "SCAN": return route(byArgument: 3)
        default: return route(byArgument: 1)
        }
    }

    private func route(byArgument number: Int) -> Route { argument(number).map { .slot(Self.slot(of: $0)) } ?? .any }

    private func argument(_ number: Int) -> ByteBufferView? {
        var words = Words(rest: bytes.readableBytesView)
        for _ in 0..<number where words.next() == nil { return nil }
        return words.next()
    }

    /// CRC-16/XMODEM of the key, or of the text between its first `{` and the next `}` where there is any.
    static func slot(of key: some BidirectionalCollection<UInt8>) -> Int {
        var crc: UInt16 = 0
        for byte in hashTag(of: key) {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
        }
        return Int(crc) % slots.count
    }

    private static func hashTag<Key: BidirectionalCollection<UInt8>>(of key: Key) -> Key.SubSequence {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")) else { return key[...] }
        let after = key[key.index(after: open)...]
        guard let close = after.firstIndex(of: UInt8(ascii: "}")), close > after.startIndex else { return key[...] }
        return after[..<close]
    }
}

/// The words of a command, its name first. A command is `*<count>`, and for each word `$<length>` and its bytes.
struct Words: Sequence, IteratorProtocol {
    private var rest: ByteBufferView

    init(rest: ByteBufferView) {
        self.rest = rest
        _ = line()
    }

    mutating func next() -> ByteBufferView? {
        guard let length = line().flatMap({ Int(String(decoding: $0.dropFirst(), as: UTF8.self)) }) else { return nil }
        defer { rest = rest.dropFirst(length + 2) }
        return rest.prefix(length)
    }

    private mutating func line() -> ByteBufferView? {
        guard let end = rest.firstIndex(of: 0x0d) else { return nil }
        defer { rest = rest[Swift.min(end + 2, rest.endIndex)...] }
        return rest[rest.startIndex..<end]
    }
}
