#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the machine knows: the time, a random name, its own.
enum Clock {
    /// Seconds since 1970.
    static var now: Int { Int(Date().timeIntervalSince1970) }

    static var hostname: String { ProcessInfo.processInfo.hostName }

    /// As Ruby's `SecureRandom.uuid` spells one.
    static var uuid: String { UUID().uuidString.lowercased() }
}
