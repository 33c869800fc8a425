internal import CSodium

/// A secret of any length, such as a passphrase, in locked memory of its own; zeroed at the end.
///
/// Costs several pages and system calls each: for the few secrets that people type, not for keys.
@safe public final class SecretBytes: Sendable {
    /// Most bytes a secret may have: 4096.
    public static let maximumByteCount = 4096

    /// How many bytes the secret has.
    public let count: Int

    // SAFETY: written only in the initialiser; freed only in deinit.
    private nonisolated(unsafe) let memory: UnsafeMutableRawPointer

    /// Moves bytes into locked memory and wipes the array they came in.
    ///
    /// - Parameter bytes: 0 to ``maximumByteCount`` bytes; empty afterwards, also when this throws.
    /// - Throws: ``SealingError/invalidLength(byteCount:)``, ``SealingError/memoryNotLocked`` or
    ///   ``SealingError/libraryUnavailable``.
    public init(taking bytes: inout [UInt8]) throws(SealingError) {
        defer { Wiping.wipe(&bytes) }
        let count = bytes.count
        guard count <= Self.maximumByteCount else { throw .invalidLength(byteCount: count) }
        guard Sodium.isReady else { throw .libraryUnavailable }
        guard let memory = unsafe sodium_malloc(max(count, 1)) else { throw .memoryNotLocked }
        guard unsafe sodium_mlock(memory, max(count, 1)) == 0 else {
            unsafe sodium_free(memory)
            throw .memoryNotLocked
        }
        unsafe UnsafeMutableRawBufferPointer(start: memory, count: count).copyBytes(from: bytes)
        self.count = count
        unsafe self.memory = unsafe memory
    }

    /// Copies a text's UTF-8 into locked memory; the text itself cannot be wiped, so prefer bytes.
    ///
    /// - Parameter text: At most ``maximumByteCount`` bytes of UTF-8.
    /// - Throws: As ``init(taking:)``.
    public convenience init(copying text: String) throws(SealingError) {
        var bytes = Array(text.utf8)
        try self.init(taking: &bytes)
    }

    /// Lends the bytes; the pointer must not leave the closure.
    ///
    /// - Parameter body: Gets all bytes.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withBytes<Result, Problem: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try unsafe body(UnsafeRawBufferPointer(start: memory, count: count))
    }

    deinit {
        // Zeroes, unlocks and unmaps.
        unsafe sodium_free(memory)
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<redacted>`.
    public var description: String { "<redacted>" }

    /// Always `<redacted>`.
    public var debugDescription: String { "<redacted>" }

    /// A mirror without children, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
