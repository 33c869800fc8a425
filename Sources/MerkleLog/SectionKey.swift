internal import Crypto
public import VaultCore

/// A 32-byte key for the sections of entries: an audit key of one patient and year, or of headers.
///
/// The copy held here is wiped when the last user lets go of it; it prints as `<redacted>`.
public struct SectionKey: Sendable, CustomStringConvertible, CustomReflectable {
    let key: SymmetricKey

    /// Copies 32 key bytes.
    ///
    /// Gives `nil` unless there are exactly 32.
    ///
    /// - Parameter bytes: The key; the caller wipes its own copy.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        key = SymmetricKey(data: bytes)
    }

    /// Copies 32 key bytes.
    ///
    /// Gives `nil` unless there are exactly 32.
    ///
    /// - Parameter bytes: The key; the caller wipes its own copy.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        key = SymmetricKey(data: bytes)
    }

    /// Lends the 32 bytes.
    package func withUnsafeBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        key.withUnsafeBytes(body)
    }

    /// Always `<redacted>`.
    public var description: String { "<redacted>" }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Sixteen bytes in the clear beside a section, by which the Guard finds the key: a masked pseudonym.
///
/// To anybody else it is noise; the same patient has another one in every entry if the mask says so.
public struct RoutingTag: Tag16 {
    /// The first eight bytes, most significant first.
    public let high: UInt64
    /// The last eight bytes, most significant first.
    public let low: UInt64

    /// Joins two halves.
    ///
    /// - Parameters:
    ///   - high: The first eight bytes, most significant first.
    ///   - low: The last eight bytes, most significant first.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
