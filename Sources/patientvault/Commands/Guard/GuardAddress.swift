internal import Guard
internal import GuardLink
internal import VaultCore

/// Where a Guard listens: a socket's path, or `tls://HOST:PORT`.
enum GuardAddress {
    case socket(String)
    case host(String, Int)

    init(_ text: String) throws {
        guard text.hasPrefix("tls://") else {
            self = .socket(text)
            return
        }
        let rest = text.dropFirst(6)
        guard let colon = rest.lastIndex(of: ":"),
            let port = Int(rest[rest.index(after: colon)...]), (1...65_535).contains(port),
            colon > rest.startIndex
        else {
            throw Complaint.usage(
                "`--guard` takes a socket's path or `tls://HOST:PORT`",
                hint: "check the address"
            )
        }
        self = .host(String(rest[..<colon]), port)
    }

    /// Connects.
    ///
    /// - Parameter answerSeconds: How long an answer is waited for.
    /// - Returns: Connected once, or able to connect.
    /// - Throws: A ``Failure`` where nobody answers there.
    func transport(
        answerSeconds: Int64 = LinkLimits().answerSeconds
    ) throws -> any GuardTransport {
        var limits = LinkLimits()
        limits.answerSeconds = answerSeconds
        switch self {
        case .socket(let path): return try UnixTransport(path: path, limits: limits)
        case .host(let host, let port):
            return try TLSTransport(
                host: host,
                port: port,
                certificates: try Self.certificates(),
                limits: limits
            )
        }
    }

    /// The files for mutual TLS, by variables: they are a deployment's, not a call's.
    private static func certificates() throws -> LinkCertificates {
        func path(_ name: String) throws -> String {
            guard let path = Environment[name] else {
                throw Complaint.usage(
                    "`\(name)` is not set",
                    hint: "TLS to a Guard takes a certificate chain, its key and the authorities"
                )
            }
            return path
        }
        return LinkCertificates(
            chain: try path("PATIENTVAULT_GUARD_CHAIN"),
            key: try path("PATIENTVAULT_GUARD_KEY"),
            authorities: try path("PATIENTVAULT_GUARD_AUTHORITIES")
        )
    }
}
