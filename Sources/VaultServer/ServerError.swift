public import VaultCore

/// Why the server could not be started; a request that fails is a reply, never one of these.
public enum ServerError: Failure, Equatable {
    /// Plain HTTP was asked for on an address that others can reach.
    case plainHTTPNotLoopback
    /// The certificate chain or the private key cannot be read.
    case badCertificate
    /// The port is taken, or the address is not this machine's.
    case cannotListen(port: Int)

    /// What kind of trouble this is.
    public var kind: FailureKind {
        switch self {
        case .plainHTTPNotLoopback: .usage
        case .badCertificate: .badInput
        case .cannotListen: .cannotCreate
        }
    }

    /// Stable dotted code.
    public var code: String {
        switch self {
        case .plainHTTPNotLoopback: "server.plainHTTPNotLoopback"
        case .badCertificate: "server.badCertificate"
        case .cannotListen: "server.cannotListen"
        }
    }

    /// One line for anyone.
    public var message: String {
        switch self {
        case .plainHTTPNotLoopback: "plain HTTP is served on a loopback address only"
        case .badCertificate: "the certificate or its private key cannot be read"
        case .cannotListen(let port): "port \(port) cannot be listened on"
        }
    }

    /// What to do next.
    public var hint: String {
        switch self {
        case .plainHTTPNotLoopback: "give `--tls-cert` and `--tls-key`, or bind `127.0.0.1`"
        case .badCertificate: "give both as PEM files that belong together"
        case .cannotListen: "choose another port, or stop what uses it"
        }
    }
}
