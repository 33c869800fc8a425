internal import Crypto

/// The two hashes of an RFC 6962 tree, and the one of the empty tree.
///
/// Source: RFC 9162 section 2.1.1; SHA-256.
public enum TreeHasher {
    /// Root of the tree without leaves: SHA-256 of nothing.
    public static let emptyRoot = sha256(UnsafeRawBufferPointer(start: nil, count: 0))

    /// Hash of a leaf, `SHA-256(0x00 || data)`.
    ///
    /// - Parameter data: The leaf's data, any length.
    /// - Returns: 32 bytes.
    public static func leafHash(_ data: [UInt8]) -> MerkleHash {
        data.withUnsafeBytes { leafHash($0) }
    }

    /// Hash of a leaf, `SHA-256(0x00 || data)`, without a copy of the data.
    ///
    /// - Parameter data: The leaf's data, any length.
    /// - Returns: 32 bytes.
    public static func leafHash(_ data: UnsafeRawBufferPointer) -> MerkleHash {
        var hasher = SHA256()
        update(&hasher, withByte: 0)
        hasher.update(bufferPointer: data)
        return finish(hasher)
    }

    /// Hash of an inner node, `SHA-256(0x01 || left || right)`.
    ///
    /// - Parameters:
    ///   - left: Hash of the left subtree.
    ///   - right: Hash of the right subtree.
    /// - Returns: 32 bytes.
    public static func nodeHash(_ left: MerkleHash, _ right: MerkleHash) -> MerkleHash {
        withUnsafeTemporaryAllocation(byteCount: 65, alignment: 8) { buffer in
            buffer[0] = 1
            left.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: buffer[1..<33])
                    .copyMemory(from: $0)
            }
            right.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: buffer[33..<65])
                    .copyMemory(from: $0)
            }
            return sha256(UnsafeRawBufferPointer(buffer))
        }
    }

    static func sha256(_ data: UnsafeRawBufferPointer) -> MerkleHash {
        var hasher = SHA256()
        hasher.update(bufferPointer: data)
        return finish(hasher)
    }

    static func sha256(_ data: [UInt8]) -> MerkleHash {
        data.withUnsafeBytes { sha256($0) }
    }

    static func update(_ hasher: inout SHA256, withByte byte: UInt8) {
        withUnsafeBytes(of: byte) { hasher.update(bufferPointer: $0) }
    }

    static func finish(_ hasher: SHA256) -> MerkleHash {
        hasher.finalize().withUnsafeBytes { MerkleHash(copying: $0) }
    }

    /// HMAC-SHA-256 of a section's plaintext under its own random 32 bytes.
    static func commitment(blinding: [UInt8], part: [UInt8]) -> MerkleHash {
        blinding.withUnsafeBytes { blinding in
            part.withUnsafeBytes { commitment(blinding: blinding, part: $0) }
        }
    }

    /// The same over bytes where they lie.
    ///
    /// Written out (RFC 2104) because `HMAC` makes a key object and four buffers for each call, which costs
    /// more than the hashing of a short part; a test holds the two against each other.
    static func commitment(
        blinding: UnsafeRawBufferPointer,
        part: UnsafeRawBufferPointer
    ) -> MerkleHash {
        guard blinding.count <= SHA256.blockByteCount else {
            let code = HMAC<SHA256>.authenticationCode(
                for: part,
                using: SymmetricKey(data: blinding)
            )
            return code.withUnsafeBytes { MerkleHash(copying: $0) }
        }
        return withUnsafeTemporaryAllocation(byteCount: SHA256.blockByteCount, alignment: 8) {
            block in
            func fill(_ pad: UInt8) {
                for place in block.indices {
                    block[place] = place < blinding.count ? blinding[place] ^ pad : pad
                }
            }
            fill(0x36)
            var inner = SHA256()
            inner.update(bufferPointer: UnsafeRawBufferPointer(block))
            inner.update(bufferPointer: part)
            let digest = finish(inner)
            fill(0x5C)
            var outer = SHA256()
            outer.update(bufferPointer: UnsafeRawBufferPointer(block))
            digest.withUnsafeBytes { outer.update(bufferPointer: $0) }
            fill(0)
            return finish(outer)
        }
    }
}
