import BgdemoSystemCompat
import Dispatch
import Synchronization

/// What this machine calls itself in EHLO (RFC 5321, section 4.1.1.1): its full name, else the connection's own address
/// as a literal.
enum ClientHostName {
    /// How long the resolver may look for the full name.
    private static let lookupLimit = DispatchTimeInterval.seconds(2)

    /// The full name of this machine, or nil where it has none. Blocks for two seconds at most.
    static func full() -> String? {
        guard let name = hostName() else { return nil }
        if isFull(name) { return name }
        let lookup = Lookup()
        let isStarted = DedicatedThread.start {
            lookup.end(with: canonicalName(of: name))
        }
        guard isStarted, let found = lookup.result(within: lookupLimit), isFull(found) else { return nil }
        return found
    }

    /// Whether servers take it for a name: two labels or more of letters, digits and inner dashes, and not this machine's
    /// own loopback.
    static func isFull(_ name: String) -> Bool {
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count >= 2, name.utf8.count <= 253, let last = labels.last, !last.allSatisfy(isDigit) else {
            return false
        }
        let isWellFormed = labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { isDigit($0) || (0x61...0x7a).contains($0 | 0x20) || $0 == UInt8(ascii: "-") }
        }
        let isLoopback = labels.first?.elementsEqual("localhost".utf8) == true || last.elementsEqual("localhost".utf8)
        return isWellFormed && !isLoopback
    }

    /// RFC 5321, section 4.1.3: `[192.0.2.1]` or `[IPv6:2001:db8::1]`.
    static func literal(_ address: String) -> String {
        // A link-local address may name its interface, which is nothing to other machines.
        let address = String(address.prefix { $0 != "%" })
        if address.isEmpty { return "[127.0.0.1]" }
        return address.utf8.contains(UInt8(ascii: ":")) ? "[IPv6:\(address)]" : "[\(address)]"
    }

    /// Whether `name` can be said in EHLO: a host name, of one label too, or a literal in brackets.
    static func isValid(_ name: String) -> Bool {
        guard (1...255).contains(name.utf8.count) else { return false }
        if name.utf8.first == UInt8(ascii: "["), name.utf8.last == UInt8(ascii: "]") {
            return name.utf8.count > 2
                && name.utf8.dropFirst().dropLast().allSatisfy {
                    SMTPURL.isNamePart($0) || $0 == UInt8(ascii: ":")
                }
        }
        return name.utf8.allSatisfy(SMTPURL.isNamePart)
    }

    /// The name as a URL's path has it.
    static func escaped(_ name: String) -> String {
        name.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "["): "%5B"
            case UInt8(ascii: "]"): "%5D"
            default: String(UnicodeScalar(byte))
            }
        }.joined()
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    // MARK: - The system

    private static func hostName() -> String? {
        var bytes = [CChar](repeating: 0, count: 256)
        let result = unsafe bytes.withUnsafeMutableBufferPointer { bytes in
            unsafe bytes.baseAddress.map { unsafe gethostname($0, bytes.count - 1) }
        }
        guard result == 0 else { return nil }
        return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The name that the resolver has for `name`: of the hosts file, as a rule.
    private static func canonicalName(of name: String) -> String? {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_CANONNAME
        unsafe hints.ai_family = AF_UNSPEC
        var found: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(name, nil, &hints, &found) == 0, let first = unsafe found else { return nil }
        defer { unsafe freeaddrinfo(first) }
        return unsafe first.pointee.ai_canonname.map { unsafe String(cString: $0) }
    }
}

/// A look-up on another thread, which may take longer than anybody waits for it.
private final class Lookup: Sendable {
    private let found = Mutex<String?>(nil)
    private let done = DispatchSemaphore(value: 0)

    func end(with result: String?) {
        found.withLock { $0 = result }
        done.signal()
    }

    func result(within limit: DispatchTimeInterval) -> String? {
        guard done.wait(timeout: .now() + limit) == .success else { return nil }
        return found.withLock(\.self)
    }
}
