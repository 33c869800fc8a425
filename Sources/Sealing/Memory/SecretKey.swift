internal import CSodium
public import VaultCore

/// Thirty-two secret bytes in locked memory, zeroed when the last owner lets go.
///
/// Comparing takes the same time wherever the first difference lies. Printing, interpolating and
/// dumping give `<redacted>`.
@safe public final class SecretKey: Sendable {
    /// Bytes of a key: 32.
    public static let byteCount = 32

    // SAFETY: written only in the initialisers; the slot is ours alone until deinit gives it back.
    private nonisolated(unsafe) let slot: UnsafeMutableRawPointer

    /// Takes an empty slot for an initialiser of this module to fill.
    internal init(filling fill: (UnsafeMutableRawBufferPointer) -> Void) throws(SealingError) {
        unsafe slot = try unsafe LockedSlab.keys.take()
        unsafe fill(UnsafeMutableRawBufferPointer(start: slot, count: Self.byteCount))
    }

    /// Copies 32 bytes into locked memory; the caller wipes its own copy.
    ///
    /// - Parameter bytes: Exactly 32 bytes.
    /// - Throws: ``SealingError/invalidLength(byteCount:)`` or ``SealingError/memoryNotLocked``.
    public convenience init(copying bytes: UnsafeRawBufferPointer) throws(SealingError) {
        guard bytes.count == Self.byteCount else {
            throw .invalidLength(byteCount: bytes.count)
        }
        try unsafe self.init(filling: { unsafe $0.copyMemory(from: bytes) })
    }

    /// Copies 32 bytes into locked memory; the caller wipes its own copy.
    ///
    /// - Parameter bytes: Exactly 32 bytes.
    /// - Throws: ``SealingError/invalidLength(byteCount:)`` or ``SealingError/memoryNotLocked``.
    public convenience init(copying bytes: [UInt8]) throws(SealingError) {
        guard bytes.count == Self.byteCount else {
            throw .invalidLength(byteCount: bytes.count)
        }
        try unsafe self.init(filling: { unsafe $0.copyBytes(from: bytes) })
    }

    /// Makes a fresh random key.
    ///
    /// - Parameter random: ``SystemRandom`` fills the locked slot directly; any other source passes
    ///   through an array that is wiped.
    /// - Returns: A key nobody has seen.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public static func random(
        from random: some RandomSource = SystemRandom()
    ) throws(SealingError) -> SecretKey {
        if random is SystemRandom {
            return try unsafe SecretKey(filling: {
                unsafe randombytes_buf($0.start, $0.count)
            })
        }
        var bytes = random.bytes(byteCount)
        defer { Wiping.wipe(&bytes) }
        return try SecretKey(copying: bytes)
    }

    /// Lends the key's bytes; the pointer must not leave the closure.
    ///
    /// - Parameter body: Gets exactly 32 bytes.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withBytes<Result, Problem: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        let bytes = unsafe UnsafeRawBufferPointer(start: slot, count: Self.byteCount)
        defer { withExtendedLifetime(self) {} }
        return try unsafe body(bytes)
    }

    deinit {
        unsafe LockedSlab.keys.giveBack(slot)
    }
}

extension SecretKey: Equatable {
    /// Compares two keys in constant time.
    ///
    /// - Parameters:
    ///   - left: One key.
    ///   - right: Another.
    /// - Returns: Whether all 32 bytes are the same.
    public static func == (left: SecretKey, right: SecretKey) -> Bool {
        unsafe left.withBytes { a in
            unsafe right.withBytes { b in unsafe ConstantTime.equal(a, b) }
        }
    }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<redacted>`.
    public var description: String { "<redacted>" }

    /// Always `<redacted>`.
    public var debugDescription: String { "<redacted>" }

    /// A mirror without children, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
