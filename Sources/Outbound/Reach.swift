/// Which addresses a request may go to.
public enum Reach: Sendable, Hashable {
    /// Those of the public Internet, over TLS.
    case publicOnly
    /// Those, and this very machine, over plain HTTP too.
    case publicOrLoopback
    /// Any that a name stands for, over TLS; this machine over plain HTTP too: for hosts that an administrator
    /// named.
    case anywhere

    /// Whether an address may be connected to.
    func admits(isPublic: Bool, isLoopback: Bool, isSecure: Bool) -> Bool {
        switch self {
        case .publicOnly: isPublic && isSecure
        case .publicOrLoopback: isPublic && isSecure || isLoopback
        case .anywhere: isSecure || isLoopback
        }
    }
}
