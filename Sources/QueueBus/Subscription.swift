import BgdemoFoundations

/// Where matching events go: a queue of an application, and the class that performs them there.
///
///     {"queue_name":"app_a_default","key":"mail_copy","class":"::QueueBus::Rider","matcher":{"bus_event_type":"…"}}
public struct Subscription: Sendable, Hashable {
    /// queue-bus' class for all riders.
    public static let riderClass = "::QueueBus::Rider"

    /// Its name within the application.
    public let key: String
    /// The full name of the queue, with the application's key before it: `app_a_default`.
    public let queueName: String
    /// `::QueueBus::Rider`, or a class of a Ruby program.
    public let className: String
    /// Which events are delivered.
    public let matcher: Matcher

    /// - Parameters:
    ///   - queueName: As in Ruby, capital letters become small, and everything but letters, digits and `_` becomes `_`.
    ///   - className: The class that performs the events. Default: `::QueueBus::Rider`.
    public init(key: String, queueName: String, className: String = Subscription.riderClass, matcher: Matcher) {
        self.key = key
        self.queueName = Application.normalized(queueName)
        self.className = className
        self.matcher = matcher
    }

    var json: [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("queue_name", queueName)
            $0.member("key", key)
            $0.member("class", className)
            $0.name("matcher")
            $0.object { json in for (name, filter) in matcher.filters { json.member(name, filter.text) } }
        }
        return json.bytes
    }

    /// A subscription in Redis; nil if Ruby would ignore it too: no key, no queue, no object.
    init?(json: [UInt8]) {
        guard let fields = try? BusEvent(json: json), let key = fields["key"], !key.utf8.isEmpty,
            let queueName = fields["queue_name"], !queueName.utf8.isEmpty
        else { return nil }
        var filters: [(ByteString, Matcher.Filter)] = []
        if let matcher = fields["matcher"], let attributes = try? BusEvent(json: matcher.utf8) {
            for (name, _) in attributes.members {
                filters.append((name, Matcher.Filter(attributes.text(of: name) ?? "")))
            }
        }
        self.init(
            key: key, queueName: queueName, className: fields["class"] ?? Self.riderClass, matcher: Matcher(filters))
    }

    /// Whether both are the same, byte for byte.
    public static func == (one: Subscription, other: Subscription) -> Bool {
        one.key.hasSameBytes(as: other.key) && one.queueName.hasSameBytes(as: other.queueName)
            && one.className.hasSameBytes(as: other.className) && one.matcher == other.matcher
    }

    /// Hashes the bytes of the key and the queue.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ByteString(key))
        hasher.combine(ByteString(queueName))
    }
}
