internal import VaultCore

/// A SHA-256 hash: 32 bytes held in place, without heap allocation.
public struct MerkleHash: Sendable, Hashable, CustomStringConvertible {
    /// Size in bytes.
    public static let byteCount = 32

    // The raw bytes in memory order; the words have no meaning as numbers.
    private var storage: (UInt64, UInt64, UInt64, UInt64)

    /// Takes exactly 32 bytes.
    ///
    /// Gives `nil` unless there are exactly 32.
    ///
    /// - Parameter bytes: The hash.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        storage = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &storage) { $0.copyBytes(from: bytes) }
    }

    /// Reads exactly 32 bytes of standard base64.
    ///
    /// Gives `nil` where the text is anything else.
    ///
    /// - Parameter base64: 44 characters.
    public init?(base64: some StringProtocol) {
        guard let bytes = Base64.decode(base64) else { return nil }
        self.init(bytes)
    }

    /// Copies 32 bytes from memory.
    ///
    /// - Parameter buffer: Exactly 32 bytes; anything else is our own bug.
    package init(copying buffer: UnsafeRawBufferPointer) {
        precondition(buffer.count == Self.byteCount)
        storage = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &storage) { $0.copyMemory(from: buffer) }
    }

    /// The 32 bytes.
    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    /// Standard base64, as checkpoints and proofs write hashes.
    public var base64: String { Base64.encode(bytes) }

    /// Lower-case hexadecimal.
    public var description: String { Hex.encode(bytes) }

    /// Gives access to the bytes in place.
    ///
    /// - Parameter body: Called once with the 32 bytes, valid only during the call.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withUnsafeBytes<Result, Trouble: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Trouble) -> Result
    ) throws(Trouble) -> Result {
        try Swift.withUnsafeBytes(of: storage, body)
    }

    /// Compares all 32 bytes.
    ///
    /// - Parameters:
    ///   - left: One hash.
    ///   - right: Another.
    /// - Returns: Whether they are the same; hashes are public, so not in constant time.
    public static func == (left: MerkleHash, right: MerkleHash) -> Bool {
        left.storage == right.storage
    }

    /// Feeds the first word: hashes are uniform already.
    ///
    /// - Parameter hasher: Where to.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(storage.0)
    }
}
