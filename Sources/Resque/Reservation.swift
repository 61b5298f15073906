import BgdemoFoundations

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A job that a worker has reserved.
final class Reservation: Sendable {
    let number: Int
    let queue: String
    let bytes: [UInt8]
    let history: JobHistory
    /// The term of the process' lease in which it was made; nil where the lease was not held.
    let term: Int?

    init(number: Int, queue: String, bytes: [UInt8], history: JobHistory, term: Int?) {
        (self.number, self.queue, self.bytes, self.history, self.term) = (number, queue, bytes, history, term)
    }
}

/// The value of `worker:<id>`, as it was seen.
struct SeenRecord: Sendable {
    /// Empty where there was none.
    let bytes: [UInt8]
    /// nil where the bytes are no record.
    let content: WorkingRecord?
}

/// What a worker is working on: `{"queue":…,"run_at":…,"payload":{job},"worker":…}`.
struct WorkingRecord: Sendable {
    let bytes: [UInt8]
    let queue: String
    let job: [UInt8]

    /// What comes before the job.
    static func beginning(queue: String, date: Date) -> [UInt8] {
        var json = JSONWriter()
        json.raw("{")
        json.member("queue", queue)
        json.member("run_at", date.iso8601)
        json.name("payload")
        return json.bytes
    }

    /// What comes after it.
    static func end(worker: String) -> [UInt8] {
        var json = JSONWriter()
        json.raw(",")
        json.member("worker", worker)
        json.raw("}")
        return json.bytes
    }

    /// Reads a record of any program; nil where the bytes are none.
    ///
    /// - Parameter worker: The name of a worker of this library, whose record may have a payload that is not JSON.
    init?(_ bytes: [UInt8], worker: String?) {
        guard let (queue, payload) = worker.flatMap({ Self.split(bytes, worker: $0) }) ?? Self.members(of: bytes) else {
            return nil
        }
        self.bytes = bytes
        self.queue = queue
        // A payload that is a string is a job that is not JSON, quoted.
        let isQuoted = bytes[payload].first == UInt8(ascii: "\"")
        job = isQuoted ? Self.unquoted(bytes[payload]) : Array(bytes[payload])
    }

    private static func split(_ bytes: [UInt8], worker: String) -> (String, Range<Int>)? {
        let end = end(worker: worker)
        let mark = Array(#","payload":"#.utf8)
        guard bytes.count > end.count, bytes.suffix(end.count).elementsEqual(end),
            let start = bytes.indices.first(where: { bytes[$0...].starts(with: mark) })
        else { return nil }
        let head = Array(bytes[..<start]) + [UInt8(ascii: "}")]
        guard let queue = members(of: head, wantsPayload: false)?.0, start + mark.count < bytes.count - end.count else {
            return nil
        }
        return (queue, (start + mark.count)..<(bytes.count - end.count))
    }

    private static func members(of bytes: [UInt8], wantsPayload: Bool = true) -> (String, Range<Int>)? {
        var queue: String?
        var payload: Range<Int>?
        do {
            var reader = JSONReader(bytes, limits: .redisBytes)
            try reader.beginObject()
            while let (name, value) = try reader.nextMember() {
                switch name {
                case "queue": queue = value.text
                case "payload": payload = value.range
                default: break
                }
            }
        } catch {
            return nil
        }
        guard let queue, payload != nil || !wantsPayload else { return nil }
        return (queue, payload ?? 0..<0)
    }

    /// `cjson` quotes bytes one by one, and leaves those beyond ASCII as they are.
    private static func unquoted(_ json: ArraySlice<UInt8>) -> [UInt8] {
        let text = try? JSONValue(Array(String(latin1: Array(json)).utf8), limits: .redis).text
        return text?.latin1 ?? Array(json)
    }
}
