import BgdemoFoundations

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// How long jobs wait: the talk's "how long does an item wait in the queue?"
extension Queue {
    /// How long the job at the front of a queue has been there; zero where the queue is empty.
    ///
    /// A job of Resque does not say when it was pushed. A Rails job does, and any may by an `id` in its first argument that
    /// is a ULID, as the mails' are; nil where the job at the front does not.
    ///
    /// - Throws: ``ResqueError``.
    public func wait(in queue: String) async throws(ResqueError) -> Duration? {
        guard let bytes = try await peek(queue).first else { return .zero }
        guard let pushed = (try? Job(bytes, from: queue))?.pushed else { return nil }
        return .milliseconds(max(0, Int(saturating: try await store.time().timeIntervalSince(pushed) * 1000)))
    }
}

extension Job {
    /// When the job was made, where the `id` in its first argument is a ULID (<https://github.com/ulid/spec>), whose
    /// first ten characters are the milliseconds since 1970. For a Rails job when it was pushed, or was to be performed
    /// where that is later.
    public var pushed: Date? {
        if className.hasSameBytes(as: ActiveJob.wrapper) {
            guard let job = try? ActiveJob(self) else { return nil }
            return [job.enqueuedAt, job.scheduledAt].compactMap(\.self).max()
        }
        guard let id = identifier, id.count == 26 else { return nil }
        var milliseconds = 0
        for byte in id.prefix(10) {
            guard let digit = byte.crockfordDigitValue else { return nil }
            milliseconds = milliseconds << 5 | Int(digit)
        }
        return Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// The `id` of the first argument. A worker reads it for each job: `JSONDecoder` takes ten times as long.
    private var identifier: [UInt8]? {
        // What follows the object is not read: the whole job is known to be JSON.
        guard let arguments = argumentsInside else { return nil }
        var object = JSONReader(bytes, in: arguments, limits: .redisBytes)
        guard (try? object.beginObject()) != nil else { return nil }
        var id: JSONValue?
        while let (name, value) = try? object.nextMember() { if name.isString("id") { id = value } }
        return id?.characters
    }
}
