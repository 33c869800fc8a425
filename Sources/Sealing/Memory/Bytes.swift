/// Lends arrays as buffers and makes arrays in place, with typed throws.
internal enum Bytes {
    /// Makes an array of exactly `count` bytes by filling it in place; zeroed if filling fails.
    static func make(
        _ count: Int,
        _ fill: (UnsafeMutableRawBufferPointer) throws(SealingError) -> Void
    ) throws(SealingError) -> [UInt8] {
        var problem: SealingError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let target = unsafe UnsafeMutableRawBufferPointer(
                rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]
            )
            do throws(SealingError) {
                try unsafe fill(target)
                filled = count
            } catch {
                unsafe Wiping.wipe(target)
                problem = error
            }
        }
        if let problem { throw problem }
        return bytes
    }

    /// Lends an array.
    static func lend<Result>(
        _ bytes: [UInt8],
        _ body: (UnsafeRawBufferPointer) throws(SealingError) -> Result
    ) throws(SealingError) -> Result {
        let result = unsafe bytes.withUnsafeBytes { buffer in
            capture { () throws(SealingError) in try unsafe body(buffer) }
        }
        return try result.get()
    }

    /// Lends two arrays.
    static func lend<Result>(
        _ first: [UInt8],
        _ second: [UInt8],
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(SealingError) -> Result
    ) throws(SealingError) -> Result {
        try unsafe lend(first) { first throws(SealingError) in
            try unsafe lend(second) { second throws(SealingError) in
                try unsafe body(first, second)
            }
        }
    }

    /// Lends three arrays.
    static func lend<Result>(
        _ first: [UInt8],
        _ second: [UInt8],
        _ third: [UInt8],
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer, UnsafeRawBufferPointer)
            throws(SealingError) -> Result
    ) throws(SealingError) -> Result {
        try unsafe lend(first, second) { first, second throws(SealingError) in
            try unsafe lend(third) { third throws(SealingError) in
                try unsafe body(first, second, third)
            }
        }
    }

    /// Lends scratch memory on the stack and zeroes it.
    static func withScratch<Result>(
        _ count: Int,
        _ body: (UnsafeMutableRawBufferPointer) throws(SealingError) -> Result
    ) throws(SealingError) -> Result {
        let result = unsafe withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) {
            scratch in
            defer { unsafe Wiping.wipe(scratch) }
            return capture { () throws(SealingError) in try unsafe body(scratch) }
        }
        return try result.get()
    }

    private static func capture<Value>(
        _ body: () throws(SealingError) -> Value
    ) -> Result<Value, SealingError> {
        do throws(SealingError) { return .success(try body()) } catch { return .failure(error) }
    }
}

// C functions that are told a length of zero still want an address.
// SAFETY: never read or written; it stands for the start of buffers of length zero.
private nonisolated(unsafe) let nowhere = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)

extension UnsafeRawBufferPointer {
    /// The start, as C functions want it; an address also where the buffer is empty.
    internal var bytePointer: UnsafePointer<UInt8> {
        unsafe baseAddress?.assumingMemoryBound(to: UInt8.self) ?? UnsafePointer(nowhere)
    }
}

extension UnsafeMutableRawBufferPointer {
    /// The start; an address also where the buffer is empty.
    internal var start: UnsafeMutableRawPointer {
        unsafe baseAddress ?? UnsafeMutableRawPointer(nowhere)
    }
}
