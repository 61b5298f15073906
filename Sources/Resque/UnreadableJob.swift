import BgdemoFoundations

/// A job that Ruby cannot read, in a form that it can: `{"class":"UnreadableJob","args":["…"]}`, whose argument has one
/// character for each of the job's bytes, U+0000 to U+00FF.
///
/// One entry of `failed` that Ruby's JSON refuses, or whose payload names no class, makes its web page an error and stops its
/// "retry all"; one such delayed job is dropped by its scheduler, or ends it. A worker of this library that gets such a job
/// after a retry performs the original.
enum UnreadableJob {
    static let className = "UnreadableJob"

    /// The job in that form; as it is where Ruby can read it.
    static func payload(_ job: [UInt8]) -> [UInt8] {
        guard !RubyJSON.isReadableJob(job) else { return job }
        var json = JSONWriter(capacity: job.count * 5 / 4 + 60)
        json.object {
            $0.member("class", className)
            $0.name("args")
            $0.array { $0.string(String(latin1: job)) }
        }
        return json.bytes
    }

    /// The bytes of the original, where a job is of that form.
    static func original(of job: Job) -> [UInt8]? {
        guard job.className.hasSameBytes(as: className) else { return nil }
        return (try? JSONValue(job.arguments.json, limits: .redis))?.elements.first?.text?.latin1
    }
}

/// What Ruby's JSON (its `json` gem, 2.6) reads and writes again.
enum RubyJSON {
    /// How deep a job may be: Ruby reads 100 levels, and an entry of `failed`, the job and an empty list at the innermost
    /// level count in Ruby and not here.
    private static let limits = {
        var limits = JSONReader.Limits.redis
        limits.depth = 97
        return limits
    }()

    /// Whether Ruby shows and retries a job in `failed`: it is an object that names its class.
    static func isReadableJob(_ bytes: [UInt8]) -> Bool {
        guard let object = try? JSONObject(bytes, limits: limits), let name = object["class"]?.text, !name.isEmpty,
            hasOnlyWholeCharactersAndFiniteNumbers(bytes)
        else { return false }
        // The page looks for the class of a Rails job in the first argument.
        guard name.hasSameBytes(as: ActiveJob.wrapper) else { return true }
        return object["args"]?.elements.first?.kind == .object
    }

    /// - Parameter bytes: JSON.
    private static func hasOnlyWholeCharactersAndFiniteNumbers(_ bytes: [UInt8]) -> Bool {
        var place = 0
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\""):
                let end = endOfString(bytes, from: place)
                let string = JSONValue(known: bytes, in: place..<end)
                guard string.characters != nil else { return false }
                place = end
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let end = bytes[place...].firstIndex { !"+-.eE0123456789".utf8.contains($0) } ?? bytes.endIndex
                let text = String(decoding: bytes[place..<end], as: UTF8.self)
                let isWhole = text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || $0.isASCIIDigit }
                guard isWhole || Double(text)?.isFinite == true else { return false }
                place = end
            default: place += 1
            }
        }
        return true
    }

    /// The place behind the closing quote of a string.
    private static func endOfString(_ bytes: [UInt8], from start: Int) -> Int {
        var place = start + 1
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(place + 1, bytes.count)
    }
}
