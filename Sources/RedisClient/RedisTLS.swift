import NIOCore

#if WITHOUT_TLS
    /// TLS to Redis, in a build that has none: `BGDEMO_TLS=no swift build`.
    struct RedisTLS: Sendable {
        private let never: Never

        init(_ options: RedisOptions) throws(Unusable) {
            throw Unusable(description: "this program was built without TLS; build it without BGDEMO_TLS=no")
        }

        func handler(for name: String?) -> any ChannelHandler { switch never {} }

        static func meaning(of error: any Error) -> String? { nil }
    }
#else
    import NIOSSL

    /// TLS to Redis.
    struct RedisTLS: Sendable {
        private let context: NIOSSLContext

        init(_ options: RedisOptions) throws(Unusable) { context = try RedisTLSFiles(options).context() }

        /// What encrypts a connection.
        ///
        /// - Parameter name: The one that the certificate must have; nil for the address.
        func handler(for name: String?) throws -> any ChannelHandler {
            try NIOSSLClientHandler(context: context, serverHostname: name)
        }

        /// What failed, in plain words; nil where the error is not one of TLS.
        static func meaning(of error: any Error) -> String? {
            switch error {
            case let error as NIOSSLExtraError where error == .failedToValidateHostname:
                return "its certificate is for another name"
            case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
                // The library's own words name the cause in capitals.
                let text = "\(error)"
                return TLSFault.all.first { text.utf8.firstRange(of: $0.name.utf8) != nil }?.meaning ?? "TLS failed"
            default: return nil
            }
        }
    }

    /// What a name in an error of the TLS library means.
    private struct TLSFault {
        let name: String
        let meaning: String

        static let all = [
            TLSFault(name: "CERTIFICATE_VERIFY_FAILED", meaning: "its certificate is not trusted"),
            TLSFault(name: "WRONG_VERSION_NUMBER", meaning: "the server does not speak TLS on this port"),
            TLSFault(name: "CERTIFICATE_REQUIRED", meaning: "the server requires a certificate of the client"),
            TLSFault(
                name: "ALERT_HANDSHAKE_FAILURE",
                meaning: "the server refuses TLS; it may require a client certificate"),
            TLSFault(name: "ALERT_UNKNOWN_CA", meaning: "the server does not trust the client's certificate"),
            TLSFault(name: "ALERT_BAD_CERTIFICATE", meaning: "the server does not take the client's certificate"),
            TLSFault(name: "ALERT_CERTIFICATE", meaning: "the server does not take the client's certificate"),
            TLSFault(name: "PROTOCOL_VERSION", meaning: "the server speaks no version of TLS from 1.2 on"),
        ]
    }
#endif

extension RedisTLS {
    /// A file that is missing, or is not what it should be.
    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }
}
