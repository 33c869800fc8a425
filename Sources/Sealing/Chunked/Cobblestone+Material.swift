extension Cobblestone {
    /// What HKDF gives for one salt and context, on the stack and zeroed after use.
    ///
    /// Layout: key (32) || base nonce (12) || commitment (32) || nonce of the current chunk (12).
    @unsafe internal struct Material {
        private static let baseNonceOffset = 32
        private static let commitmentOffset = 44
        private static let nonceOffset = 76
        static let byteCount = 88

        fileprivate let start: UnsafeMutablePointer<UInt8>

        var key: UnsafePointer<UInt8> { unsafe UnsafePointer(start) }
        var commitment: UnsafePointer<UInt8> {
            unsafe UnsafePointer(start + Self.commitmentOffset)
        }
        var nonce: UnsafePointer<UInt8> { unsafe UnsafePointer(start + Self.nonceOffset) }
        var baseNonce: UnsafePointer<UInt8> { unsafe UnsafePointer(start + Self.baseNonceOffset) }

        /// Sets ``nonce`` to base nonce XOR big-endian `index`.
        func setChunk(_ index: Int) {
            var counter = UInt64(index)
            for place in (0..<12).reversed() {
                unsafe start[Self.nonceOffset + place] =
                    start[Self.baseNonceOffset + place] ^ UInt8(truncatingIfNeeded: counter)
                counter >>= 8
            }
        }
    }

    private static let infoPrefix = Array("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0".utf8)

    /// Expands the input key for a salt and context, lends the result and zeroes it.
    ///
    /// HKDF-Expand wants 76 bytes, so two HMAC blocks: T1 over info || 1 and T2 over T1 || info || 2.
    /// One buffer holds both messages: [T1 (64)] [info] [counter].
    internal func withMaterial<Result>(
        salt: UnsafeRawBufferPointer,
        context: UnsafeRawBufferPointer,
        _ body: (Material) throws(SealingError) -> Result
    ) throws(SealingError) -> Result {
        let macByteCount = HMACSHA512Key.macByteCount
        let infoByteCount = Self.infoPrefix.count + salt.count + context.count
        let byteCount = 2 * macByteCount + infoByteCount + 1
        return try unsafe Bytes.withScratch(byteCount) { scratch throws(SealingError) in
            let start = unsafe scratch.start
            // [T2 (64)] [T1 (64)] [info] [counter]; T2 lands before T1 and is moved behind it.
            let first = unsafe start + macByteCount
            let info = unsafe first + macByteCount
            let salted = unsafe info + Self.infoPrefix.count
            unsafe Self.infoPrefix.withUnsafeBytes { prefix in
                unsafe UnsafeMutableRawBufferPointer(start: info, count: prefix.count)
                    .copyMemory(from: prefix)
            }
            unsafe UnsafeMutableRawBufferPointer(start: salted, count: salt.count)
                .copyMemory(from: salt)
            unsafe UnsafeMutableRawBufferPointer(start: salted + salt.count, count: context.count)
                .copyMemory(from: context)
            let counter = unsafe (info + infoByteCount).assumingMemoryBound(to: UInt8.self)
            unsafe counter.pointee = 1
            unsafe key.authenticate(
                UnsafeRawBufferPointer(start: info, count: infoByteCount + 1),
                into: first
            )
            unsafe counter.pointee = 2
            unsafe key.authenticate(
                UnsafeRawBufferPointer(
                    start: first,
                    count: macByteCount + infoByteCount + 1
                ),
                into: start
            )
            // T1 is used up as a message; 12 bytes of T2 complete the 76 behind it.
            unsafe info.copyMemory(from: start, byteCount: 12)
            return try unsafe body(
                Material(start: first.assumingMemoryBound(to: UInt8.self))
            )
        }
    }
}
