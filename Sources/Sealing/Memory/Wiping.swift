internal import CSodium

/// Overwrites bytes that are no longer needed in a way the optimiser may not remove.
public enum Wiping {
    /// Zeroes an array and empties it.
    ///
    /// Wipes the array's only copy: where the same storage is shared with another array, the other one
    /// keeps its bytes, so hand plaintext on by moving it, never by copying.
    ///
    /// - Parameter bytes: Empty afterwards.
    public static func wipe(_ bytes: inout [UInt8]) {
        unsafe bytes.withUnsafeMutableBytes { unsafe wipe($0) }
        bytes = []
    }

    /// Zeroes a buffer.
    ///
    /// - Parameter buffer: All zero afterwards.
    public static func wipe(_ buffer: UnsafeMutableRawBufferPointer) {
        guard let start = buffer.baseAddress else { return }
        unsafe sodium_memzero(start, buffer.count)
    }
}

/// Comparisons whose time does not tell where the first difference lies.
internal enum ConstantTime {
    static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe sodium_memcmp(left.bytePointer, right.bytePointer, left.count) == 0
    }
}
