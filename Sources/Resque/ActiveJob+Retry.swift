import BgdemoFoundations

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The next attempt at a Rails job, which is a new job with the same id. Rails counts by the job's own members, so that
/// its limits hold whichever program performs an attempt.
extension ActiveJob {
    /// The job of Resque for the next attempt, with the other members as they are.
    ///
    /// - Parameters:
    ///   - exceptions: The classes in the `retry_on` of the Rails job, by whose list Rails counts.
    ///   - delay: How long it is delayed from now.
    func next(after exceptions: [String], delay: Duration) throws(InvalidJobArguments) -> Job {
        let object = try Self.members(of: job)
        var counts = exceptionExecutions
        counts[Self.key(exceptions), default: 0] += 1
        var left: [ByteString] = ["executions", "exception_executions", "enqueued_at"]
        let due = Date.now.addingTimeInterval(delay / .seconds(1))
        var json = JSONWriter(capacity: job.bytes.count + 60)
        json.array { json in
            json.object { json in
                for (name, value) in object.members {
                    left.removeAll { $0 == name }
                    json.name(name)
                    switch name {
                    case "executions": json.number(executions + 1)
                    case "exception_executions": Self.write(counts, into: &json)
                    case "enqueued_at": json.string(Self.spell(.now, as: value))
                    case "scheduled_at": json.string(Self.spell(due, as: value))
                    default: json.raw(value.raw)
                    }
                }
                for name in left {
                    json.name(name)
                    switch name {
                    case "executions": json.number(executions + 1)
                    case "exception_executions": Self.write(counts, into: &json)
                    default: json.string(Date.now.iso8601)
                    }
                }
            }
        }
        return job.replacingArguments(by: json.bytes)
    }

    private static func write(_ counts: [ByteString: Int], into json: inout JSONWriter) {
        json.object { json in
            for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
                json.name(name)
                json.number(count)
            }
        }
    }

    /// A time as the job has it: with nine decimals, as Rails 7.1 and later write it, or in whole seconds.
    private static func spell(_ date: Date, as example: JSONValue) -> String {
        let isLong = example.kind == .null || example.raw.contains(UInt8(ascii: "."))
        return isLong ? date.iso8601WithNanoseconds : date.iso8601
    }
}
