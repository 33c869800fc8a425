internal import CSodium

/// Cobblestone-256: C2SP chunked encryption with AES-256-GCM, HKDF-SHA-512 and key commitment.
///
/// Sealed = salt (24) || commitment (32) || chunks. Chunks cover 16,384 bytes each and carry a 16-byte
/// tag; the last is always shorter, possibly empty. Nonce of chunk i = base nonce XOR big-endian i.
/// The commitment is compared in constant time before any chunk is opened, so that no ciphertext
/// opens under two keys or in two contexts.
///
/// Source: c2sp.org/chunked-encryption (version 1).
public struct Cobblestone: Sendable {
    /// Bytes of the random salt.
    public static let saltByteCount = 24
    /// Bytes of the key commitment.
    public static let commitmentByteCount = 32
    /// Plaintext bytes of a full chunk.
    public static let chunkByteCount = 16_384
    /// Bytes of a chunk's tag.
    public static let tagByteCount = 16
    /// Bytes before the first chunk.
    public static let headerByteCount = saltByteCount + commitmentByteCount

    private static let sealedChunkByteCount = chunkByteCount + tagByteCount
    internal let key: HMACSHA512Key

    /// Prepares a key, so that sealing many messages under it costs less.
    ///
    /// - Parameter key: The input key.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public init(key: SecretKey) throws(SealingError) {
        self.key = try HMACSHA512Key(key)
    }

    /// Length of the sealed form.
    ///
    /// - Parameter byteCount: Length of the plaintext, at least 0.
    /// - Returns: 56 bytes more, and 16 for each chunk.
    public static func sealedByteCount(of byteCount: Int) -> Int {
        headerByteCount + byteCount + (byteCount / chunkByteCount + 1) * tagByteCount
    }

    /// Length of the plaintext.
    ///
    /// - Parameter byteCount: Length of a sealed form.
    /// - Returns: `nil` where no plaintext has a sealed form of that length.
    public static func openedByteCount(of byteCount: Int) -> Int? {
        let body = byteCount - headerByteCount
        guard body >= tagByteCount else { return nil }
        let last = body % sealedChunkByteCount
        guard last >= tagByteCount else { return nil }
        return body / sealedChunkByteCount * chunkByteCount + last - tagByteCount
    }

    /// Seals a message.
    ///
    /// - Parameters:
    ///   - plaintext: Any bytes.
    ///   - salt: 24 bytes, random and never used again under this key.
    ///   - context: What the message is bound to; not stored.
    /// - Returns: ``sealedByteCount(of:)`` bytes.
    /// - Throws: ``SealingError/invalidLength(byteCount:)`` for a salt of another length.
    public func seal(
        _ plaintext: [UInt8],
        salt: [UInt8],
        context: [UInt8]
    ) throws(SealingError) -> [UInt8] {
        guard salt.count == Self.saltByteCount else {
            throw .invalidLength(byteCount: salt.count)
        }
        return try unsafe Bytes.make(Self.sealedByteCount(of: plaintext.count)) {
            output throws(SealingError) in
            try unsafe Bytes.lend(plaintext, salt, context) {
                plaintext,
                salt,
                context throws(SealingError) in
                try unsafe seal(plaintext, salt: salt, context: context, into: output)
            }
        }
    }

    /// Opens a message; nothing is returned unless every chunk is authentic.
    ///
    /// - Parameters:
    ///   - sealed: Salt, commitment and chunks.
    ///   - context: What the message was bound to.
    /// - Returns: The plaintext.
    /// - Throws: ``SealingError/authenticationFailed``, whatever is wrong.
    public func open(_ sealed: [UInt8], context: [UInt8]) throws(SealingError) -> [UInt8] {
        guard let count = Self.openedByteCount(of: sealed.count) else {
            throw .authenticationFailed
        }
        return try unsafe Bytes.make(count) { output throws(SealingError) in
            try unsafe Bytes.lend(sealed, context) { sealed, context throws(SealingError) in
                try unsafe open(sealed, context: context, into: output)
            }
        }
    }

    /// Seals into a buffer of exactly ``sealedByteCount(of:)`` bytes.
    internal func seal(
        _ plaintext: UnsafeRawBufferPointer,
        salt: UnsafeRawBufferPointer,
        context: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) {
        guard output.count == Self.sealedByteCount(of: plaintext.count) else {
            throw .invalidLength(byteCount: output.count)
        }
        let start = unsafe output.start
        try unsafe withMaterial(salt: salt, context: context) { material throws(SealingError) in
            unsafe start.copyMemory(from: salt.bytePointer, byteCount: salt.count)
            unsafe (start + Self.saltByteCount).copyMemory(
                from: material.commitment,
                byteCount: Self.commitmentByteCount
            )
            var target = unsafe start + Self.headerByteCount
            for index in 0...plaintext.count / Self.chunkByteCount {
                let from = index * Self.chunkByteCount
                let to = min(from + Self.chunkByteCount, plaintext.count)
                unsafe material.setChunk(index)
                try unsafe AESGCM.seal(
                    UnsafeRawBufferPointer(rebasing: plaintext[from..<to]),
                    key: material.key,
                    nonce: material.nonce,
                    authenticating: UnsafeRawBufferPointer(start: nil, count: 0),
                    into: target,
                    engine: AESGCM.engine(forByteCount: to - from)
                )
                unsafe target += to - from + Self.tagByteCount
            }
        }
    }

    /// Opens into a buffer of exactly ``openedByteCount(of:)`` bytes; it is zeroed on failure.
    internal func open(
        _ sealed: UnsafeRawBufferPointer,
        context: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) {
        guard Self.openedByteCount(of: sealed.count) == output.count else {
            throw .authenticationFailed
        }
        let salt = unsafe UnsafeRawBufferPointer(rebasing: sealed[..<Self.saltByteCount])
        try unsafe withMaterial(salt: salt, context: context) { material throws(SealingError) in
            let commitment = unsafe UnsafeRawBufferPointer(
                rebasing: sealed[Self.saltByteCount..<Self.headerByteCount]
            )
            let expected = unsafe UnsafeRawBufferPointer(
                start: material.commitment,
                count: Self.commitmentByteCount
            )
            guard unsafe ConstantTime.equal(commitment, expected) else {
                throw .authenticationFailed
            }
            guard unsafe openChunks(sealed, material: material, into: output) else {
                unsafe Wiping.wipe(output)
                throw .authenticationFailed
            }
        }
    }

    private func openChunks(
        _ sealed: UnsafeRawBufferPointer,
        material: Material,
        into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        var from = Self.headerByteCount
        for index in 0...output.count / Self.chunkByteCount {
            let to = min(from + Self.sealedChunkByteCount, sealed.count)
            unsafe material.setChunk(index)
            let isAuthentic = unsafe AESGCM.open(
                UnsafeRawBufferPointer(rebasing: sealed[from..<to]),
                key: material.key,
                nonce: material.nonce,
                authenticating: UnsafeRawBufferPointer(start: nil, count: 0),
                into: output.start + index * Self.chunkByteCount,
                engine: AESGCM.engine(forByteCount: to - from)
            )
            guard isAuthentic else { return false }
            from = to
        }
        return from == sealed.count
    }
}
