internal import CSodium

/// An HMAC-SHA-512 key with both of its key blocks hashed already, in locked memory.
///
/// A message of one block then costs two compressions instead of four. The state is as secret as the
/// key, so it lives in a slab and every working copy on the stack is zeroed.
@safe internal final class HMACSHA512Key: Sendable {
    private typealias State = crypto_auth_hmacsha512_state

    static let macByteCount = 64
    private static let slab = LockedSlab(slotByteCount: MemoryLayout<State>.size)

    // SAFETY: written only in the initialisers; ours alone until deinit gives it back.
    private nonisolated(unsafe) let state: UnsafeMutablePointer<State>

    init(_ key: SecretKey) throws(SealingError) {
        let state = unsafe try Self.slab.take().assumingMemoryBound(to: State.self)
        _ = unsafe key.withBytes { bytes in
            unsafe crypto_auth_hmacsha512_init(state, bytes.bytePointer, bytes.count)
        }
        unsafe self.state = unsafe state
    }

    init(_ key: UnsafeRawBufferPointer) throws(SealingError) {
        unsafe state = try Self.slab.take().assumingMemoryBound(to: State.self)
        unsafe crypto_auth_hmacsha512_init(state, key.bytePointer, key.count)
    }

    /// Writes the 64-byte code of a message; `output` may lie inside `message`.
    func authenticate(_ message: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer) {
        var working = unsafe state.pointee
        unsafe crypto_auth_hmacsha512_update(&working, message.bytePointer, UInt64(message.count))
        unsafe crypto_auth_hmacsha512_final(&working, output.assumingMemoryBound(to: UInt8.self))
        unsafe sodium_memzero(&working, MemoryLayout<State>.size)
        withExtendedLifetime(self) {}
    }

    deinit { unsafe Self.slab.giveBack(state) }
}

/// An HMAC-SHA-256 key with both of its key blocks hashed already, in locked memory.
@safe internal final class HMACSHA256Key: Sendable {
    private typealias State = crypto_auth_hmacsha256_state

    static let macByteCount = 32
    private static let slab = LockedSlab(slotByteCount: MemoryLayout<State>.size)

    // SAFETY: written only in the initialisers; ours alone until deinit gives it back.
    private nonisolated(unsafe) let state: UnsafeMutablePointer<State>

    init(_ key: SecretKey) throws(SealingError) {
        let state = unsafe try Self.slab.take().assumingMemoryBound(to: State.self)
        _ = unsafe key.withBytes { bytes in
            unsafe crypto_auth_hmacsha256_init(state, bytes.bytePointer, bytes.count)
        }
        unsafe self.state = unsafe state
    }

    init(_ key: UnsafeRawBufferPointer) throws(SealingError) {
        unsafe state = try Self.slab.take().assumingMemoryBound(to: State.self)
        unsafe crypto_auth_hmacsha256_init(state, key.bytePointer, key.count)
    }

    /// Writes the 32-byte code of a message; `output` may lie inside `message`.
    func authenticate(_ message: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer) {
        var working = unsafe state.pointee
        unsafe crypto_auth_hmacsha256_update(&working, message.bytePointer, UInt64(message.count))
        unsafe crypto_auth_hmacsha256_final(&working, output.assumingMemoryBound(to: UInt8.self))
        unsafe sodium_memzero(&working, MemoryLayout<State>.size)
        withExtendedLifetime(self) {}
    }

    deinit { unsafe Self.slab.giveBack(state) }
}
