#if !WITHOUT_TLS
    import NIOSSL
    import Synchronization

    #if canImport(FoundationEssentials)
        import FoundationEssentials
    #else
        import Foundation
    #endif

    /// The files of a TLS configuration, and the context that is made of them: once for all connections, because to read the
    /// system's certificates takes long, and again when one of the files has changed.
    struct RedisTLSFiles: Sendable, Hashable {
        let authorities: String?
        let certificate: String?
        let privateKey: String?

        init(_ options: RedisOptions) {
            (authorities, certificate, privateKey) = (options.caFile, options.certificateFile, options.privateKeyFile)
        }

        private typealias Made = (context: NIOSSLContext, from: [Date?])

        private static let contexts = Mutex<[RedisTLSFiles: Made]>([:])

        /// Verifies the server's certificate and the name in it, and shows the client's where there is one.
        ///
        func context() throws(RedisTLS.Unusable) -> NIOSSLContext {
            let now = [authorities, certificate, privateKey].map { $0.flatMap(Self.modified) }
            if let made = Self.contexts.withLock({ $0[self] }), made.from == now { return made.context }
            let context = try make()
            Self.contexts.withLock { $0[self] = (context, now) }
            return context
        }

        private func make() throws(RedisTLS.Unusable) -> NIOSSLContext {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            if let authorities { configuration.trustRoots = .file(authorities) }
            if let certificate {
                guard let chain = try? NIOSSLCertificate.fromPEMFile(certificate), !chain.isEmpty else {
                    throw RedisTLS.Unusable(
                        description: "\(certificate) is no file of PEM certificates that can be read")
                }
                configuration.certificateChain = chain.map { .certificate($0) }
                let file = privateKey ?? certificate
                guard let key = try? NIOSSLPrivateKey(file: file, format: .pem) else {
                    throw RedisTLS.Unusable(description: "\(file) is no file with a PEM key that can be read")
                }
                configuration.privateKey = .privateKey(key)
            }
            if let context = try? NIOSSLContext(configuration: configuration) { return context }
            // The library tells the two apart by numbers of its own alone.
            (configuration.certificateChain, configuration.privateKey) = ([], nil)
            guard let certificate, (try? NIOSSLContext(configuration: configuration)) != nil else {
                throw RedisTLS.Unusable(
                    description: "the certificates in \(authorities ?? "the system's store") cannot be read")
            }
            throw RedisTLS.Unusable(
                description: "the key in \(privateKey ?? certificate) is not that of the certificate in \(certificate)")
        }

        private static func modified(_ file: String) -> Date? {
            (try? FileManager.default.attributesOfItem(atPath: file))?[.modificationDate] as? Date
        }
    }
#endif
