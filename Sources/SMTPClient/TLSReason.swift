import BgdemoFoundations

/// Why a TLS session was not begun, in plain words: libcurl passes on what its TLS library says.
///
///     OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number
///     gnutls_handshake() failed: An unexpected TLS packet was received.
struct TLSReason: CustomStringConvertible {
    let description: String

    init(_ text: String) {
        let speaksNoTLS = ["wrong version number", "unexpected TLS packet", "packet length too long"].contains {
            text.utf8.firstRange(of: $0.utf8) != nil
        }
        if speaksNoTLS {
            description = "the server does not speak TLS on this port; smtp:// begins without it"
        } else if text.utf8.firstRange(of: "error:".utf8) != nil, let colon = text.utf8.lastIndex(of: UInt8(ascii: ":"))
        {
            description = "TLS failed: \(text[text.utf8.index(after: colon)...])"
        } else {
            description = text
        }
    }
}
