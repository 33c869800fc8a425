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
        let byteCount = parts.reduce(0) { $0 + 4 + $1.count }
        return unsafe authenticate(label, byteCount: byteCount, body) { message, start in
            var offset = start
            for part in parts {
                offset = unsafe part.withUnsafeBytes { unsafe append($0, to: message, at: offset) }
            }
        }
    }

    /// The same for parts of so many bytes, lengths included, which `fill` writes from an offset on.
    private func authenticate<Result>(
        _ label: StaticString,
        byteCount: Int,
        _ body: (UnsafeRawBufferPointer) -> Result,
        _ fill: (_ message: UnsafeMutableRawBufferPointer, _ offset: Int) -> Void
    ) -> Result {
        let total = HMACSHA256Key.macByteCount + 4 + label.utf8CodeUnitCount + byteCount
        return unsafe withUnsafeTemporaryAllocation(byteCount: total, alignment: 16) { scratch in
            defer { unsafe Wiping.wipe(scratch) }
            let message = unsafe UnsafeMutableRawBufferPointer(
                rebasing: scratch[HMACSHA256Key.macByteCount...]
            )
            let offset = unsafe append(
                UnsafeRawBufferPointer(start: label.utf8Start, count: label.utf8CodeUnitCount),
                to: message,
                at: 0
            )
            unsafe fill(message, offset)
            let start = unsafe scratch.start
            unsafe key.authenticate(UnsafeRawBufferPointer(message), into: start)
            return unsafe body(UnsafeRawBufferPointer(rebasing: scratch[..<Tagging.tagByteCount]))
        }
    }

    /// Makes a tag of one number, without an array for it: for whoever makes one for each entry of a log.
    ///
    /// - Parameters:
    ///   - type: The type of the tag.
    ///   - label: What kind of tag, a constant of the program.
    ///   - number: What it stands for; the only part, as eight bytes, big-endian.
    /// - Returns: The tag.
    package func tag<Tag: Tag16>(
        _ type: Tag.Type,
        label: StaticString,
        number: UInt64
    ) -> Tag {
        unsafe withUnsafeBytes(of: number.bigEndian) { number in
            unsafe authenticate(label, byteCount: 4 + number.count, { unsafe Tag(loading: $0) }) {
                message,
                offset in
                _ = unsafe append(number, to: message, at: offset)
            }
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
