import BgdemoFoundations
import Resque

/// Where events go that match: a queue of an application, and the class that performs them there.
///
///     {"queue_name":"app_a_default","key":"mail_copy","class":"::QueueBus::Rider","matcher":{"bus_event_type":"…"}}
public struct Subscription: Sendable, Hashable {
    /// Names it within its application.
    public let key: String
    /// The queue's whole name, the application's key before it: `app_a_default`.
    public let queueName: String
    /// `::QueueBus::Rider`, or a class of somebody's Ruby.
    public let className: String
    /// Which events are delivered.
    public let matcher: Matcher

    /// - Parameter queueName: Of all but letters, digits and `_` it has `_`, and no capitals, as Ruby's has.
    public init(key: String, queueName: String, className: String = "::QueueBus::Rider", matcher: Matcher) {
        self.key = key
        self.queueName = Application.normalized(queueName)
        self.className = className
        self.matcher = matcher
    }

    var json: [UInt8] {
        var json = JSONWriter()
        json.raw("{")
        json.member("queue_name", queueName)
        json.member("key", key)
        json.member("class", className)
        json.name("matcher")
        json.raw("{")
        for (name, filter) in matcher.filters { json.member(name, filter.text) }
        json.raw("}}")
        return json.bytes
    }

    /// What stands in Redis, or nil where Ruby would pass over it as well: no key, no queue, no object.
    init?(json: [UInt8]) {
        guard let fields = try? BusEvent(json: json), let key = fields["key"], !key.isEmpty,
            let queueName = fields["queue_name"], !queueName.isEmpty
        else { return nil }
        var filters: [String: Matcher.Filter] = [:]
        if let matcher = fields["matcher"], let attributes = try? BusEvent(json: matcher.utf8) {
            for name in attributes.names { filters[name] = Matcher.Filter(attributes[name] ?? "") }
        }
        self.init(
            key: key, queueName: queueName, className: fields["class"] ?? "::QueueBus::Rider", matcher: Matcher(filters)
        )
    }
}
