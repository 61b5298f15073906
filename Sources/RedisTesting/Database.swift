import BgdemoFoundations
import DequeModule
import Foundation
import RedisClient

/// The keys, and what each holds.
struct Database {
    enum Content {
        case string([UInt8])
        case list(Deque<[UInt8]>)
        case set(Set<ByteString>)
        case hash([ByteString: [UInt8]])
        case sorted([ByteString: Double])

        /// What `TYPE` replies.
        var typeName: String {
            switch self {
            case .string: "string"
            case .list: "list"
            case .set: "set"
            case .hash: "hash"
            case .sorted: "zset"
            }
        }

        var isEmpty: Bool {
            switch self {
            case .string: false
            case .list(let list): list.isEmpty
            case .set(let set): set.isEmpty
            case .hash(let hash): hash.isEmpty
            case .sorted(let sorted): sorted.isEmpty
            }
        }
    }

    struct Entry {
        var content: Content
        /// Milliseconds since 1970; nil for ever.
        var expiry: Int?
    }

    private var entries: [ByteString: Entry] = [:]
    var scripts = ScriptCache()
    /// How far the clock is ahead of the system's.
    var offset = Duration.zero

    /// The time in microseconds since 1970.
    var microseconds: Int {
        Int(Date.now.timeIntervalSince1970 * 1_000_000) + Int(offset / .microseconds(1))
    }

    var milliseconds: Int { microseconds / 1000 }

    // MARK: Keys

    /// All keys that have not expired, in the order of their bytes.
    var keys: [ByteString] {
        let now = milliseconds
        return entries.filter { $0.value.expiry.map { $0 > now } ?? true }.keys.sorted()
    }

    /// What a key holds; a key that has expired holds nothing. A container that becomes empty is removed.
    subscript(key: [UInt8]) -> Content? {
        get { entry(key)?.content }
        set {
            let name = ByteString(key)
            guard let newValue, !newValue.isEmpty else {
                entries[name] = nil
                return
            }
            entries[name] = Entry(content: newValue, expiry: entry(key)?.expiry)
        }
    }

    func expiry(of key: [UInt8]) -> Int? { entry(key)?.expiry }

    /// - Parameter time: Milliseconds since 1970; nil for ever.
    mutating func expire(_ key: [UInt8], at time: Int?) { entries[ByteString(key)]?.expiry = time }

    mutating func removeAll() { entries = [:] }

    private func entry(_ key: [UInt8]) -> Entry? {
        guard let entry = entries[ByteString(key)] else { return nil }
        if let expiry = entry.expiry, expiry <= milliseconds { return nil }
        return entry
    }

    // MARK: Commands

    static func name(of words: [[UInt8]]) -> String {
        String(decoding: words.first ?? [], as: UTF8.self).uppercased()
    }

    /// Runs a command. An error is a reply like any other.
    mutating func reply(to words: [[UInt8]]) -> RedisValue {
        do throws(RedisReplyError) {
            return try execute(Self.name(of: words), CommandArguments(Array(words.dropFirst())))
        } catch {
            return .error(error)
        }
    }

    mutating func execute(_ name: String, _ arguments: CommandArguments) throws(RedisReplyError) -> RedisValue {
        if let reply = try general(name, arguments) { return reply }
        if let reply = try strings(name, arguments) { return reply }
        if let reply = try lists(name, arguments) { return reply }
        if let reply = try sets(name, arguments) { return reply }
        if let reply = try hashes(name, arguments) { return reply }
        if let reply = try sortedSets(name, arguments) { return reply }
        if let reply = try scripts(name, arguments) { return reply }
        throw RedisReplyError("ERR unknown command '\(name)'")
    }
}

extension RedisReplyError {
    static let wrongType = RedisReplyError("WRONGTYPE Operation against a key holding the wrong kind of value")
    static let syntax = RedisReplyError("ERR syntax error")
}

extension RedisValue {
    static let ok = RedisValue.string(Array("OK".utf8))

    static func text(_ text: String) -> RedisValue { .string(Array(text.utf8)) }

    static func list(_ list: some Sequence<[UInt8]>) -> RedisValue { .array(list.map { .string($0) }) }

    static func optional(_ bytes: [UInt8]?) -> RedisValue { bytes.map { .string($0) } ?? .null }

    static func flag(_ flag: Bool) -> RedisValue { .integer(flag ? 1 : 0) }
}
