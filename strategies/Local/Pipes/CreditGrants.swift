/// The credit that a master has granted to its web servers and they have not used. What the master owns and what it has
/// granted never exceeds its limit.
package struct CreditGrants {
    /// What one web server may have at most.
    package static let window = Credit(mails: 4096, bytes: 32 << 20)

    private var servers: [Int: (server: Child, credit: Credit)] = [:]

    package init() {}

    package subscript(number: Int) -> Child? { servers[number]?.server }

    /// Adds a web server. It waits for a first credit, though there be none left.
    package mutating func add(_ server: Child, limit: Credit) {
        servers[server.number] = (server, Credit())
        grant(limit)
        if servers[server.number]?.credit == Credit() { server.send(.credit(Credit())) }
    }

    /// What was granted to the web server is free again.
    package mutating func remove(_ server: Child) { servers[server.number] = nil }

    /// A web server has used the credit of one mail.
    package mutating func use(bytes: Int, by server: Child) {
        servers[server.number]?.credit.mails -= 1
        servers[server.number]?.credit.bytes -= bytes
    }

    /// Grants more to each web server that has used half of its window.
    ///
    /// - Parameter limit: What the master can still own, with what was granted.
    package mutating func grant(_ limit: Credit) {
        let window = Self.window
        for (number, entry) in servers
        where entry.credit.mails <= window.mails / 2 || entry.credit.bytes <= window.bytes / 2 {
            let free = limit - total
            let more = Credit(
                mails: max(0, min(free.mails, window.mails - entry.credit.mails)),
                bytes: max(0, min(free.bytes, window.bytes - entry.credit.bytes)))
            guard more.mails > 0 || more.bytes > 0 else { continue }
            servers[number]?.credit = entry.credit + more
            entry.server.send(.credit(more))
        }
    }

    private var total: Credit { servers.values.reduce(Credit()) { $0 + $1.credit } }
}
