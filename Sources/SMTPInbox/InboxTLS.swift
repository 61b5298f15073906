import NIOCore

#if WITHOUT_TLS
    /// The TLS of an inbox, in a build that has none: `BGDEMO_TLS=no swift build`.
    struct InboxTLS: Sendable {
        private let never: Never

        /// - Returns: nil where no TLS is wanted.
        init?(_ files: TLSFiles?) async throws(InboxError) {
            guard files != nil else { return nil }
            throw InboxError("this program was built without TLS; build it without BGDEMO_TLS=no")
        }

        func handler() -> any ChannelHandler { switch never {} }
    }
#else
    import NIOPosix
    import NIOSSL

    /// The TLS of an inbox.
    struct InboxTLS: Sendable {
        private let context: NIOSSLContext

        /// - Returns: nil where no TLS is wanted.
        /// - Throws: ``InboxError`` where a file can't be used.
        init?(_ files: TLSFiles?) async throws {
            guard let files else { return nil }
            context = try await NIOThreadPool.singleton.runIfActive { try Self.context(files) }
        }

        /// What encrypts a connection.
        func handler() -> any ChannelHandler { NIOSSLServerHandler(context: context) }

        private static func context(_ files: TLSFiles) throws(InboxError) -> NIOSSLContext {
            do {
                let chain = try NIOSSLCertificate.fromPEMFile(files.certificate).map {
                    NIOSSLCertificateSource.certificate($0)
                }
                let key = try NIOSSLPrivateKey(file: files.key, format: .pem)
                return try NIOSSLContext(
                    configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
            } catch {
                // The TLS library's own words are a dump of its errors.
                throw InboxError(
                    """
                    can't use the certificate \(files.certificate) with the key \(files.key): both must be PEM files \
                    that can be read, and the key that of the certificate
                    """)
            }
        }
    }
#endif
