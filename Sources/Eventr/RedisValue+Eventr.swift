import BgdemoFoundations
import RedisClient

extension RedisValue {
    /// The elements of an array.
    subscript(place: Int) -> RedisValue? {
        guard let array, array.indices.contains(place) else { return nil }
        return array[place]
    }

    var fault: RedisReplyError? {
        if case .error(let fault) = self { fault } else { nil }
    }

    /// A number as Redis writes a score; nil if it is none, or not finite.
    var double: Double? { text.flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil } }

    /// The elements of an array that are numbers of partitions.
    var partitionNumbers: [Int] { array?.compactMap { PartitionNumber.checked($0.int) } ?? [] }

    /// Keys and values of a hash, as HGETALL replies.
    var pairs: [(key: ByteString, value: RedisValue)] {
        guard let array else { return [] }
        return stride(from: 0, to: array.count - 1, by: 2).compactMap { place in
            array[place].bytes.map { (ByteString($0), array[place + 1]) }
        }
    }

    /// The partition that a consumer starts with, as noted in Redis: `<partition> <microsecond>`.
    var start: Int {
        let number = text?.utf8.split(separator: UInt8(ascii: " ")).first.flatMap {
            Int(String(decoding: $0, as: UTF8.self))
        }
        return PartitionNumber.clamped(number ?? 0)
    }
}
