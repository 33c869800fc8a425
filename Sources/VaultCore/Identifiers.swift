/// A FHIR logical id: 1 to 64 of `A-Z a-z 0-9 - .`.
///
/// Source: FHIR R4 datatypes, `id`.
public struct FHIRID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The text as received.
    public let text: String

    /// Checks and keeps an id.
    ///
    /// Gives `nil` where FHIR does not allow the text as an id.
    ///
    /// - Parameter text: Candidate id.
    public init?(_ text: some StringProtocol) {
        var text = String(text)
        guard text.withUTF8({ Self.isAllowed(UnsafeRawBufferPointer($0)) }) else { return nil }
        self.text = text
    }

    /// Checks and keeps an id given as bytes, without generic code: for the ingest path.
    ///
    /// - Parameter bytes: Candidate id; `nil` comes out where FHIR does not allow it.
    public init?(utf8 bytes: UnsafeRawBufferPointer) {
        guard Self.isAllowed(bytes) else { return nil }
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// The id as text; an id names a person only to who holds the record.
    public var description: String { text }

    /// Orders ids by their bytes.
    ///
    /// - Parameters:
    ///   - left: One id.
    ///   - right: Another.
    /// - Returns: Whether `left` sorts first.
    public static func < (left: FHIRID, right: FHIRID) -> Bool { left.text < right.text }

    private static func isAllowed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard (1...Limits.maximumIDLength).contains(bytes.count) else { return false }
        for byte in bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E: continue
            default: return false
            }
        }
        return true
    }
}

/// A resource's type and id, `Condition/42`: the name of a record inside one vault.
public struct RecordID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// FHIR resource type, `Condition`.
    public let type: String
    /// Logical id.
    public let id: FHIRID

    /// Joins a type and an id.
    ///
    /// - Parameters:
    ///   - type: FHIR resource type.
    ///   - id: Logical id.
    public init(type: String, id: FHIRID) {
        self.type = type
        self.id = id
    }

    /// Reads `Type/id`.
    ///
    /// Gives `nil` where the text is anything else.
    ///
    /// - Parameter reference: A relative literal reference without version.
    public init?(_ reference: some StringProtocol) {
        var text = String(reference)
        guard let read = text.withUTF8({ Self(utf8: UnsafeRawBufferPointer($0)) }) else {
            return nil
        }
        self = read
    }

    /// Reads `Type/id` from bytes, without generic code: for the ingest path.
    ///
    /// - Parameter bytes: A relative literal reference without version; `nil` comes out for anything else.
    public init?(utf8 bytes: UnsafeRawBufferPointer) {
        var slash = 0
        while slash < bytes.count, bytes[slash] != 0x2F {
            let letter = bytes[slash]
            guard (0x41...0x5A).contains(letter) || slash > 0 && (0x61...0x7A).contains(letter)
            else { return nil }
            slash += 1
        }
        guard (1...64).contains(slash), slash < bytes.count,
            let id = FHIRID(utf8: UnsafeRawBufferPointer(rebasing: bytes[(slash + 1)...]))
        else { return nil }
        self.init(
            type: String(
                decoding: UnsafeRawBufferPointer(rebasing: bytes[..<slash]),
                as: UTF8.self
            ),
            id: id
        )
    }

    /// `Type/id`.
    public var description: String { "\(type)/\(id.text)" }

    /// Orders by type, then id.
    ///
    /// - Parameters:
    ///   - left: One record id.
    ///   - right: Another.
    /// - Returns: Whether `left` sorts first.
    public static func < (left: RecordID, right: RecordID) -> Bool {
        (left.type, left.id) < (right.type, right.id)
    }
}

/// The id of a principal: 1 to 64 of `a-z 0-9 - . _ @`, chosen by the administrator.
public struct PrincipalID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The text as registered.
    public let text: String

    /// Checks and keeps an id.
    ///
    /// Gives `nil` where a character is not allowed or the length is out of range.
    ///
    /// - Parameter text: Candidate id.
    public init?(_ text: some StringProtocol) {
        let utf8 = text.utf8
        guard (1...64).contains(utf8.count),
            utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0)
                    || (0x41...0x5A).contains($0) || [0x2D, 0x2E, 0x5F, 0x40].contains($0)
            })
        else { return nil }
        self.text = String(text)
    }

    /// The id.
    public var description: String { text }

    /// Orders ids by their bytes.
    ///
    /// - Parameters:
    ///   - left: One id.
    ///   - right: Another.
    /// - Returns: Whether `left` sorts first.
    public static func < (left: PrincipalID, right: PrincipalID) -> Bool { left.text < right.text }
}

/// Sixteen bytes that stand for something without naming it; a different type for each use.
///
/// Kept as two numbers, so that copying, comparing and hashing one touches no memory beside it.
public protocol Tag16: Sendable, Hashable, Comparable, CustomStringConvertible, BitwiseCopyable {
    /// The first eight bytes, most significant first.
    var high: UInt64 { get }
    /// The last eight bytes, most significant first.
    var low: UInt64 { get }
    /// Joins two halves.
    ///
    /// - Parameters:
    ///   - high: The first eight bytes, most significant first.
    ///   - low: The last eight bytes, most significant first.
    init(high: UInt64, low: UInt64)
}

extension Tag16 {
    /// Takes exactly 16 bytes.
    ///
    /// Gives `nil` unless there are exactly 16.
    ///
    /// - Parameter bytes: The tag.
    @inlinable
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for byte in bytes {
            high = high << 8 | low >> 56
            low = low << 8 | UInt64(byte)
        }
        self.init(high: high, low: low)
    }

    /// Reads a tag from memory.
    ///
    /// - Parameter raw: At least 16 bytes; the first 16 count.
    @inlinable
    public init(loading raw: UnsafeRawBufferPointer) {
        precondition(raw.count >= 16, "a tag is 16 bytes")
        self.init(
            high: UInt64(bigEndian: raw.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
    }

    /// Exactly 16 bytes, in an array of their own.
    @inlinable public var bytes: [UInt8] { withBytes { Array($0) } }

    /// Lends the 16 bytes.
    ///
    /// - Parameter body: Gets the bytes, valid only during the call.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    @inlinable
    public func withBytes<Result, Problem: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        var halves = (high.bigEndian, low.bigEndian)
        return try withUnsafeBytes(of: &halves, body)
    }

    /// Lower-case hexadecimal, 32 digits.
    public var description: String { Hex.encode(bytes) }

    /// Orders tags by their bytes.
    ///
    /// - Parameters:
    ///   - left: One tag.
    ///   - right: Another.
    /// - Returns: Whether `left` sorts first.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

/// Stands for a vault: 16 random bytes, made once at `init`.
public struct VaultID: Tag16 {
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

/// Stands for a patient on the record side: an HMAC made in the Guard.
public struct PatientPseudonym: Tag16 {
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

/// Stands for a record (type and id) on the record side: an HMAC made in the Guard.
public struct RecordTag: Tag16 {
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

/// Stands for a segment of one patient's record: an HMAC under a per-patient key.
public struct SegmentTag: Tag16 {
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

/// One write session's fresh random value; the write key is HKDF(read key, epoch).
public struct Epoch: Tag16 {
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

/// A read grant's id: 16 random bytes.
public struct GrantID: Tag16 {
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

/// A session's id: 16 random bytes.
public struct SessionID: Tag16 {
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
