import Logging
import NIOCore
import Synchronization

/// Hears from the Sentinels (`+switch-master`) when another server becomes the primary, and tells the connections. All
/// connections of the process to one URL share a follower; it ends with the last of them.
final class SentinelFollower: Sendable {
    /// Keeps the follower, and its callback in it.
    final class Membership: Sendable {
        private let follower: SentinelFollower
        private let number: Int

        fileprivate init(_ follower: SentinelFollower, _ number: Int) {
            (self.follower, self.number) = (follower, number)
        }

        deinit {
            follower.callbacks.withLock { $0[number] = nil }
        }

        /// Ends it before the last reference does. With the last membership the follower's connections are closed.
        func end() async { await follower.leave(number) }
    }

    private struct Entry {
        weak var follower: SentinelFollower?
    }

    private static let channel = "+switch-master"
    private static let all = Mutex<[RedisURL: Entry]>([:])

    private static let count = Atomic(0)

    private let callbacks = Mutex<[Int: @Sendable (RedisURL) -> Void]>([:])
    private let url: RedisURL
    private let subscriptions: [RedisSubscription]
    private let tasks: [Task<Void, Never>]

    /// - Parameter onSwitch: Called on `loop` with the new primary, once by each Sentinel, for as long as the caller keeps
    ///   what this returns.
    /// - Returns: nil where the URL names no Sentinels.
    static func follow(
        _ url: RedisURL, on loop: any EventLoop, _ options: RedisOptions,
        onSwitch: @escaping @Sendable (RedisURL) -> Void
    ) -> Membership? {
        guard let sentinel = url.sentinel else { return nil }
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        return all.withLock { all in
            let follower = all[url]?.follower ?? SentinelFollower(url, sentinel, on: loop, options)
            all = all.filter { $0.value.follower != nil }
            all[url] = Entry(follower: follower)
            follower.callbacks.withLock { $0[number] = { primary in loop.execute { onSwitch(primary) } } }
            return Membership(follower, number)
        }
    }

    private init(
        _ url: RedisURL, _ sentinel: RedisURL.Sentinel, on loop: any EventLoop, _ options: RedisOptions
    ) {
        let silent = Logger(label: "sentinel") { _ in SwiftLogNoOpLogHandler() }
        var options = options
        options.roleCheckInterval = nil
        let relay = SwitchRelay()
        self.url = url
        subscriptions = sentinel.addresses.map { [options] address in
            RedisSubscription(
                url.sentinel(at: address), channels: [Self.channel], on: loop, options: options, logger: silent)
        }
        tasks = subscriptions.map { messages in
            Task {
                for await case .message(_, let payload) in messages {
                    guard let primary = Self.primary(in: payload, of: url, sentinel.master) else { continue }
                    relay.follower?.call(primary)
                }
            }
        }
        relay.follower = self
    }

    deinit {
        for task in tasks { task.cancel() }
    }

    private func leave(_ number: Int) async {
        let isLast = Self.all.withLock { all in
            let isEmpty = callbacks.withLock { callbacks in
                callbacks[number] = nil
                return callbacks.isEmpty
            }
            // Nobody may join any more.
            if isEmpty, all[url]?.follower === self { all[url] = nil }
            return isEmpty
        }
        guard isLast else { return }
        for subscription in subscriptions { await subscription.close() }
    }

    private func call(_ primary: RedisURL) {
        for callback in callbacks.withLock({ Array($0.values) }) { callback(primary) }
    }

    /// The new primary in `<name> <old host> <old port> <new host> <new port>`; nil where the message is about another.
    private static func primary(in payload: [UInt8], of url: RedisURL, _ master: String) -> RedisURL? {
        let words = payload.split(separator: UInt8(ascii: " "))
        guard words.count == 5, words[0].elementsEqual(master.utf8),
            let host = String(validating: words[3], as: UTF8.self),
            let port = String(validating: words[4], as: UTF8.self).flatMap({ Int($0) }), (1...65_535).contains(port)
        else { return nil }
        return url.server(host: host, port: port)
    }
}

/// Lets the tasks of a follower reach it without keeping it.
private final class SwitchRelay: Sendable {
    private struct WeakFollower {
        weak var follower: SentinelFollower?
    }

    private let reference = Mutex(WeakFollower())

    var follower: SentinelFollower? {
        get { reference.withLock { $0.follower } }
        set { reference.withLock { $0.follower = newValue } }
    }
}
