/// Whether the connection to an `smtp://` server goes over to TLS (STARTTLS, RFC 3207). `smtps://` is TLS from its
/// first byte, whatever the policy. Where there is TLS, the server's certificate is verified: an unverified one ends
/// the attempt, it does not fall back.
public enum TLSPolicy: String, Sendable, Hashable, CaseIterable {
    /// In the clear, the password too: for a server on this machine, or a network you trust like it.
    case off
    /// TLS where the server offers it, else in the clear; a password is never sent in the clear. Once this process
    /// has seen the offer it insists on TLS: an offer that vanishes is an attack or a fault, no reason to go without.
    case offered
    /// TLS, or no mail.
    case required
}
