import BgdemoFoundations
import Resque

/// The copies of one event. They differ in little; what they have in common is escaped once.
///
///     {"bus_driven_at":…,"bus_rider_queue":…,"bus_rider_app_key":…,"bus_rider_sub_key":…,"bus_rider_class_name":…,
///      <the event's own>,"bus_class_proxy":…}
struct Fanout {
    private static let front: [ByteString] = [
        "bus_driven_at", "bus_rider_queue", "bus_rider_app_key", "bus_rider_sub_key", "bus_rider_class_name",
    ]
    private static let proxy = "bus_class_proxy"

    /// Attributes of the front that the event itself has: as in Ruby, these count.
    private var own: [ByteString: ArraySlice<UInt8>] = [:]
    /// The event's other attributes before and after its `bus_class_proxy`, escaped for a JSON string.
    private let before: [UInt8]
    private let after: [UInt8]

    init(of event: BusEvent) {
        var (before, after) = (JSONWriter(), JSONWriter())
        var isPast = false
        for (name, json) in event.members {
            if name == "bus_class_proxy" {
                isPast = true
            } else if name.hasPrefix("bus_"), Self.front.contains(name) {
                own[name] = json
            } else if isPast {
                after.raw(",")
                after.name(name)
                after.raw(json)
            } else {
                before.raw(",")
                before.name(name)
                before.raw(json)
            }
        }
        (self.before, self.after) = (before.bytes.escaped, after.bytes.escaped)
    }

    /// The job for one subscriber.
    func copy(for subscription: Subscription, of application: String) -> Job {
        var front = JSONWriter(capacity: 240)
        front.raw("{")
        let values = [subscription.queueName, application, subscription.key, subscription.className]
        for (place, name) in Self.front.enumerated() {
            front.name(name)
            if let json = own[name] {
                front.raw(json)
            } else if place == 0 {
                front.number(BusClock.now)
            } else {
                front.string(values[place - 1])
            }
        }
        var proxy = JSONWriter(capacity: 60)
        proxy.raw(",")
        proxy.member(Self.proxy, subscription.className)
        var arguments = JSONWriter(capacity: 400 + before.count + after.count)
        arguments.raw("[\"")
        arguments.characters(front.bytes)
        arguments.raw(before)
        arguments.characters(proxy.bytes)
        arguments.raw(after)
        arguments.raw("}\"]")
        // An array that was written as one.
        let array = (try? JobArguments(json: arguments.bytes)) ?? JobArguments()
        return Job(BusClass.worker, array, queue: subscription.queueName)
    }
}

extension [UInt8] {
    /// These bytes as they stand in a JSON string.
    fileprivate var escaped: [UInt8] {
        var escaped = JSONWriter(capacity: count * 5 / 4)
        escaped.characters(self)
        return escaped.bytes
    }
}
