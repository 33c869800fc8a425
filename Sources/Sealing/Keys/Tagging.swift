public import VaultCore

/// Makes 16-byte tags that stand for something without naming it.
///
/// Tag = first 16 bytes of HMAC-SHA-256 over length of label (u32, big-endian) || label, then the same
/// for each part. No two lists of parts give the same message. Without the key nobody can compute or
/// check a tag.
///
/// Source: RFC 2104; truncation as in RFC 2104 section 5.
public enum Tagging {
    /// Bytes of a tag.
    public static let tagByteCount = 16

    /// Makes a tag.
    ///
    /// - Parameters:
    ///   - key: The tagging key.
    ///   - label: What kind of tag, a constant of the program.
    ///   - parts: What it stands for, in a fixed order.
    /// - Returns: 16 bytes.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public static func tag16(
        key: SecretKey,
        label: StaticString,
        parts: [[UInt8]]
    ) throws(SealingError) -> [UInt8] {
        try Tagger(key: key).tag16(label: label, parts: parts)
    }
}

/// Makes many tags under one key, whose key blocks are hashed only once.
public struct Tagger: Sendable {
    private let key: HMACSHA256Key

    /// Prepares the key.
    ///
    /// - Parameter key: The tagging key.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public init(key: SecretKey) throws(SealingError) {
        self.key = try HMACSHA256Key(key)
    }

    /// Makes a tag; the same result as ``Tagging/tag16(key:label:parts:)``.
    ///
    /// - Parameters:
    ///   - label: What kind of tag, a constant of the program.
    ///   - parts: What it stands for, in a fixed order.
    /// - Returns: 16 bytes.
    public func tag16(label: StaticString, parts: [[UInt8]]) -> [UInt8] {
        unsafe authenticate(label, parts) { unsafe Array($0) }
    }

    /// Lends the first 16 bytes of the code.
    private func authenticate<Result>(
        _ label: StaticString,
        _ parts: [[UInt8]],
        _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        var byteCount = HMACSHA256Key.macByteCount + 4 + label.utf8CodeUnitCount
        for part in parts { byteCount += 4 + part.count }
        return unsafe withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 16) {
            scratch in
            defer { unsafe Wiping.wipe(scratch) }
            let message = unsafe UnsafeMutableRawBufferPointer(
                rebasing: scratch[HMACSHA256Key.macByteCount...]
            )
            var offset = unsafe append(
                UnsafeRawBufferPointer(start: label.utf8Start, count: label.utf8CodeUnitCount),
                to: message,
                at: 0
            )
            for part in parts {
                offset = unsafe part.withUnsafeBytes { unsafe append($0, to: message, at: offset) }
            }
            let start = unsafe scratch.start
            unsafe key.authenticate(UnsafeRawBufferPointer(message), into: start)
            return unsafe body(UnsafeRawBufferPointer(rebasing: scratch[..<Tagging.tagByteCount]))
        }
    }

    /// Makes a tag of a distinct type.
    ///
    /// - Parameters:
    ///   - type: The type of the tag.
    ///   - label: What kind of tag, a constant of the program.
    ///   - parts: What it stands for, in a fixed order.
    /// - Returns: The tag.
    public func tag<Tag: Tag16>(
        _ type: Tag.Type,
        label: StaticString,
        parts: [[UInt8]]
    ) -> Tag {
        unsafe authenticate(label, parts) { unsafe Tag(loading: $0) }
    }

    private func append(
        _ part: UnsafeRawBufferPointer,
        to message: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) -> Int {
        unsafe message.storeBytes(
            of: UInt32(part.count).bigEndian,
            toByteOffset: offset,
            as: UInt32.self
        )
        unsafe UnsafeMutableRawBufferPointer(rebasing: message[(offset + 4)...])
            .copyMemory(from: part)
        return offset + 4 + part.count
    }
}
