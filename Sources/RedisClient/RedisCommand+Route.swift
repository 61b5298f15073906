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
        default: return route(byArgument: 1)
        }
    }

    private func route(byArgument number: Int) -> Route { argument(number).map { .slot(Self.slot(of: $0)) } ?? .any }

    /// The bytes of one argument. A command is `*<count>`, and for each argument `$<length>` and its bytes.
    private func argument(_ number: Int) -> ByteBufferView? {
        var rest = bytes.readableBytesView
        func line() -> ByteBufferView? {
            guard let end = rest.firstIndex(of: 0x0d) else { return nil }
            defer { rest = rest[min(end + 2, rest.endIndex)...] }
            return rest[rest.startIndex..<end]
        }
        _ = line()
        for _ in 0..<number {
            guard let length = line().flatMap({ Int(String(decoding: $0.dropFirst(), as: UTF8.self)) }) else {
                return nil
            }
            rest = rest.dropFirst(length + 2)
        }
        guard let length = line().flatMap({ Int(String(decoding: $0.dropFirst(), as: UTF8.self)) }) else { return nil }
        return rest.prefix(length)
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
