#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

enum Clock {
    /// Seconds since 1970.
    static var now: Int { Int(Date().timeIntervalSince1970) }

    /// As Ruby's `SecureRandom.uuid` spells one.
    static var uuid: String { UUID().uuidString.lowercased() }
}
