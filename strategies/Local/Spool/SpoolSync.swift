/// When the journal is forced to disk. A killed master loses nothing under any of them; a power failure may lose what
/// came since.
package enum SpoolSync: String, Sendable, CaseIterable {
    /// Before a mail is acknowledged; many mails share one sync.
    case always
    /// At most 100 ms after.
    case each100ms = "100ms"
    /// When the system sees fit.
    case never
}

/// Why there can be no spool.
package struct SpoolError: Error, CustomStringConvertible {
    package let description: String
}
