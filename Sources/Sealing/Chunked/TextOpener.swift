/// Opens AES-256-GCM texts one after the other into memory of its own, which it wipes at the end.
///
/// For whoever goes through millions of short ones: nothing is allocated for a text. One thread at a time.
///
/// Source: NIST SP 800-38D.
@safe package final class TextOpener {
    private var output: UnsafeMutableRawBufferPointer

    /// Begins with room for a usual text.
    package init() { unsafe output = .allocate(byteCount: 4_096, alignment: 16) }

    /// Checks the tag, then opens.
    ///
    /// - Parameters:
    ///   - sealed: Ciphertext, then the tag of 16 bytes.
    ///   - nonce: 12 bytes.
    ///   - key: 32 bytes.
    ///   - context: The associated data.
    /// - Returns: The plaintext, valid until the next call; `nil` where the tag is wrong.
    package func open(
        _ sealed: UnsafeRawBufferPointer,
        nonce: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer,
        authenticating context: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        precondition(key.count == AESGCM.keyByteCount && nonce.count == AESGCM.nonceByteCount)
        let count = sealed.count - AESGCM.tagByteCount
        guard count >= 0 else { return nil }
        if unsafe count > output.count { grow(to: count) }
        let isOpen = unsafe AESGCM.open(
            sealed,
            key: key.bytePointer,
            nonce: nonce.bytePointer,
            authenticating: context,
            into: output.start,
            engine: AESGCM.engine(forByteCount: count)
        )
        return isOpen ? unsafe UnsafeRawBufferPointer(rebasing: output[..<count]) : nil
    }

    private func grow(to count: Int) {
        release()
        unsafe output = .allocate(byteCount: count * 2, alignment: 16)
    }

    private func release() {
        unsafe Wiping.wipe(output)
        unsafe output.deallocate()
    }

    deinit { release() }
}
