/// What each peer holds of this side: connections, and bytes of long messages.
///
/// Every peer has a room of its own. One that fills its room shuts out nobody else, least of all the keepers, who
/// must be able to seal the Guard while a crowd stands at its socket.
struct PeerRooms {
    /// A message up to here is not counted: the number of connections bounds what those can take.
    static let uncountedByteCount = 65_536

    private struct Room {
        var connectionCount = 0
        var byteCount = 0
    }

    private let limits: LinkLimits
    private var rooms: [Peer: Room] = [:]

    init(limits: LinkLimits) { self.limits = limits }

    /// Connections of all peers.
    var connectionCount: Int { rooms.values.reduce(0) { $0 + $1.connectionCount } }

    /// Takes a place for a connection; `false` where the peer has no more.
    mutating func enter(_ peer: Peer) -> Bool {
        var room = rooms[peer, default: Room()]
        guard room.connectionCount < limits.connectionCount else { return false }
        room.connectionCount += 1
        rooms[peer] = room
        return true
    }

    /// Gives a connection's place back.
    mutating func leave(_ peer: Peer) { rooms[peer]?.connectionCount -= 1 }

    /// Takes room for a message, as long as its header says; `nil` where the peer has no more.
    ///
    /// - Returns: How many bytes are to be given back.
    mutating func take(_ length: Int, for peer: Peer) -> Int? {
        guard length > Self.uncountedByteCount else { return 0 }
        let held = rooms[peer]?.byteCount ?? 0
        guard held + length <= limits.longByteCount else { return nil }
        rooms[peer, default: Room()].byteCount = held + length
        return length
    }

    /// Gives a message's room back.
    mutating func giveBack(_ byteCount: Int, of peer: Peer) { rooms[peer]?.byteCount -= byteCount }
}
