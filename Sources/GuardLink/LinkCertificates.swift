internal import NIOSSL

/// PEM files for mutual TLS: both sides show a certificate, and accept only those of one authority.
public struct LinkCertificates: Sendable, Hashable {
    /// Certificate chain of this side.
    public var chain: String
    /// Its private key.
    public var key: String
    /// Authorities whose certificates the other side may show; make one for this purpose alone.
    public var authorities: String

    /// Names the files.
    ///
    /// - Parameters:
    ///   - chain: Certificate chain of this side.
    ///   - key: Its private key.
    ///   - authorities: Authorities whose certificates the other side may show.
    public init(chain: String, key: String, authorities: String) {
        self.chain = chain
        self.key = key
        self.authorities = authorities
    }

    func serverContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try certificates(),
            privateKey: try privateKey()
        )
        // A client's certificate has no host name to look at: having it is the proof.
        configuration.certificateVerification = .noHostnameVerification
        return try context(configuration)
    }

    func clientContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateChain = try certificates()
        configuration.privateKey = try privateKey()
        configuration.certificateVerification = .fullVerification
        return try context(configuration)
    }

    private func context(_ configuration: TLSConfiguration) throws -> NIOSSLContext {
        var configuration = configuration
        configuration.minimumTLSVersion = .tlsv13
        configuration.trustRoots = .file(authorities)
        guard let context = try? NIOSSLContext(configuration: configuration) else {
            throw LinkError.badCertificate(file: authorities)
        }
        return context
    }

    private func certificates() throws -> [NIOSSLCertificateSource] {
        guard let found = try? NIOSSLCertificate.fromPEMFile(chain), !found.isEmpty else {
            throw LinkError.badCertificate(file: chain)
        }
        return found.map { .certificate($0) }
    }

    private func privateKey() throws -> NIOSSLPrivateKeySource {
        guard let found = try? NIOSSLPrivateKey(file: key, format: .pem) else {
            throw LinkError.badCertificate(file: key)
        }
        return .privateKey(found)
    }
}
