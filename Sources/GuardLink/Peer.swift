/// Who is at the other end of a connection, as the operating system or its certificate says.
public enum Peer: Sendable, Hashable {
    /// A process of this machine, by `SO_PEERCRED`.
    case process(user: UInt32)
    /// Another host, by a certificate of our authority.
    case host
}

/// Which peers get an answer at all.
///
/// It opens nothing: every call still proves its caller to the Guard.
public struct PeerRules: Sendable, Hashable {
    /// Users whose processes may connect.
    public var users: Set<UInt32>
    /// Users who may unseal and seal: the Guard's own, and root.
    public var keepers: Set<UInt32>

    /// Describes who may connect.
    ///
    /// - Parameters:
    ///   - users: Users whose processes may connect; keepers may anyway.
    ///   - keepers: Users who may unseal and seal.
    public init(users: Set<UInt32>, keepers: Set<UInt32>) {
        self.users = users
        self.keepers = keepers
    }

    /// Whether a peer gets answers.
    ///
    /// - Parameter peer: Who connected.
    /// - Returns: Whether the connection may stay open.
    public func admits(_ peer: Peer) -> Bool {
        switch peer {
        case .process(let user): users.contains(user) || keepers.contains(user)
        case .host: true
        }
    }

    /// Whether a peer may unseal and seal; no other host ever may.
    ///
    /// - Parameter peer: Who connected.
    /// - Returns: Whether it is one of the keepers.
    public func isKeeper(_ peer: Peer) -> Bool {
        if case .process(let user) = peer { return keepers.contains(user) }
        return false
    }
}
