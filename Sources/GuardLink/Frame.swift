// GuardLink: the Guard over a Unix socket or mutual TLS, and its client.
//
// A frame is a length (u32, big-endian) and that many bytes; what they mean is the Guard's business
// (Guard/Wire) except for the few messages by which the Guard's own keepers unseal, seal and look
// (Control.swift). Promises: a peer that is not on the list gets no answer; no frame, pause or number of
// connections takes more than its limit. Never: decides who may do what; that is the Guard's.
// Read GuardServer.swift first; docs/design/guard-protocol.md has the bytes.

/// Bounds on what a peer can make this side hold or wait for.
public struct LinkLimits: Sendable, Hashable {
    /// Largest message to a Guard, in bytes.
    public var messageByteCount = 32 << 20
    /// Largest answer of a Guard, in bytes.
    public var answerByteCount = 1 << 30
    /// Open connections of one peer; one more is closed at once.
    ///
    /// A peer is a user of this machine, or all other hosts together.
    public var connectionCount = 1_024
    /// Bytes of messages over 64 KiB that one peer may have on their way or worked on, as their headers say; a
    /// message for which there is no room ends its connection.
    public var longByteCount = 128 << 20
    /// From the first byte of a frame to its last, and for a handshake.
    public var frameSeconds: Int64 = 10
    /// From a call to the last byte of its answer, at the client; a check of a long log takes minutes.
    public var answerSeconds: Int64 = 900
    /// Without any frame, or with an answer that is not fetched.
    public var idleSeconds: Int64 = 900
    /// Calls that are worked on at a time; the others wait in their connections.
    public var workerCount = 32

    /// The shipped bounds.
    public init() {}
}

/// The four bytes in front of every message.
enum FrameHeader {
    static let byteCount = 4

    /// The length of what follows; `nil` where it is none or over the limit.
    static func length(_ bytes: [UInt8], limit: Int) -> Int? {
        guard bytes.count == byteCount else { return nil }
        let length = bytes.reduce(0) { $0 << 8 | Int($1) }
        return (1...limit).contains(length) ? length : nil
    }

    static func bytes(_ length: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(clamping: length).bigEndian) { Array($0) }
    }
}
