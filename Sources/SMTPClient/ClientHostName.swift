#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What this machine calls itself in EHLO.
enum ClientHostName {
    /// Its full name, or an address literal where it has none (RFC 5321, section 4.1.4), written for a URL's path.
    static var own: String {
        let name = ProcessInfo.processInfo.hostName
        let isFull = name.contains(".") && name.utf8.count <= 253 && name.utf8.allSatisfy(SMTPURL.isNamePart)
        return isFull ? name : "%5B127.0.0.1%5D"
    }
}
