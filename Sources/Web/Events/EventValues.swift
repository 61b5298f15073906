import Eventr

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the pages show of the parts of an event log.
enum EventValues {
    private static let longest = 600

    static func event(_ event: Event) -> TemplateValues {
        [
            "place": .text("\(event.place)"), "partition": .text("\(event.place.partition)"),
            "name": .text(PageText.cut(event.name ?? "no name", 120)), "event": .text(text(event.bytes)),
        ]
    }

    static func text(_ bytes: [UInt8]) -> String {
        PageText.cut(String(decoding: bytes.prefix(longest * 4), as: UTF8.self), longest)
    }

    /// With the share of the longest, in percent.
    static func partition(_ number: Int, length: Int, largest: Int) -> TemplateValues {
        let begin = Double(max(0, min(number, 4_000_000_000))) * 60
        return [
            "number": .text("\(number)"), "length": .int(length), "eventCount": .count(length, "event"),
            "share": .text("\(length * 100 / max(1, largest))"),
            "time": .one(PageText.time(Date(timeIntervalSince1970: begin))),
        ]
    }

    static func consumer(_ consumer: EventLog.ConsumerStatus) -> TemplateValues {
        let seconds = consumer.age / .seconds(1)
        let state =
            consumer.lag == 0
            ? ("ok", "has read all")
            : seconds > 120 ? ("failing", "lags behind: nobody consumes, or too slowly") : ("waiting", "is reading")
        return [
            "consumer": .text(PageText.cut(consumer.name, 120)), "link": .text(PageFields.encode(consumer.name)),
            "lag": .int(consumer.lag), "age": .text(consumer.lag > 0 ? PageText.duration(seconds) : nil),
            "inHand": .int(consumer.inHand), "retries": .int(consumer.retries), "dead": .int(consumer.dead),
            "at": .text(consumer.partition.map { "\($0)" }), "state": .text(state.0), "why": .text(state.1),
        ]
    }
}
