import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How far the clocks of a time zone are ahead of UTC, at any time: from the time zone database of the system (TZif files,
/// RFC 9636).
///
/// Read by hand: Foundation knows time zones only together with ICU, with which the program takes 36 MB more on disk and 3 MB
/// more of memory.
public struct TimeZoneRules: Sendable, Equatable {
    /// The seconds at which the offset changes, ascending, and the offset from then on.
    private let changes: [(second: Int, offset: Int)]
    /// The offset before the first change.
    private let first: Int
    /// The rule after the last change.
    private let rule: TimeZoneRule?

    /// The same offset at any time, in seconds.
    public init(offset: Int) { (changes, first, rule) = ([], offset, nil) }

    /// A zone of the database, such as `Europe/Berlin` or `UTC`. Nil where there is none of this name.
    ///
    /// The database is in the folder `TZDIR`, by default `/usr/share/zoneinfo`.
    public init?(named name: String) {
        if let known = Self.known.withLock({ $0[ByteString(name)] }) {
            self = known
            return
        }
        guard Self.isName(name), let rules = Self(file: "\(Self.folder)/\(name)") else { return nil }
        Self.known.withLock { $0[ByteString(name)] = rules }
        self = rules
    }

    /// The zone that the environment variable `TZ` names or describes, else the one of `/etc/localtime`, else UTC.
    public static let current = current(ProcessInfo.processInfo.environment["TZ"])

    static func current(_ variable: String?) -> Self {
        guard let variable else { return Self(file: "/etc/localtime") ?? Self(offset: 0) }
        let name = variable.hasPrefix(":") ? String(variable.dropFirst()) : variable
        if name.hasPrefix("/") { return Self(file: name) ?? Self(offset: 0) }
        return Self(named: name) ?? TimeZoneRule(name).map { Self($0) } ?? Self(offset: 0)
    }

    private init(_ rule: TimeZoneRule) { (changes, first, self.rule) = ([], rule.offset(at: 0), rule) }

    private init?(file: String) {
        guard let data = try? Data(contentsOf: URL(filePath: file)), data.count <= Self.sizeLimit else { return nil }
        self.init(file: Array(data))
    }

    /// - Parameter bytes: A TZif file.
    init?(file bytes: [UInt8]) {
        guard var reader = TZifReader(bytes) else { return nil }
        guard let zone = reader.read() else { return nil }
        (first, changes) = (zone.first, zone.changes)
        rule = zone.footer.flatMap { TimeZoneRule($0) }
    }

    /// How far the clocks are ahead of UTC, in seconds.
    ///
    /// - Parameter second: Seconds since 1970, UTC.
    public func offset(at second: Int) -> Int {
        guard let last = changes.last else { return rule?.offset(at: second) ?? first }
        if second >= last.second { return rule?.offset(at: second) ?? last.offset }
        // The first change that is later.
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].second > second { high = middle } else { low = middle + 1 }
        }
        return low == 0 ? first : changes[low - 1].offset
    }

    public static func == (one: Self, other: Self) -> Bool {
        one.first == other.first && one.rule == other.rule && one.changes.elementsEqual(other.changes, by: ==)
    }

    /// The zones that were asked for; there are 600.
    private static let known = Mutex<[ByteString: Self]>([:])
    private static let sizeLimit = 1 << 18
    private static let folder = ProcessInfo.processInfo.environment["TZDIR"] ?? "/usr/share/zoneinfo"

    /// Whether a text may be the name of a zone: it does not lead out of the folder.
    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && !text.utf8.starts(with: [UInt8(ascii: "/")])
            && text.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "/_+-".utf8.contains($0) }
    }
}
