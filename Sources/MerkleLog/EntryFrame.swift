public import VaultCore

/// What an entry is about; the raw values are on disk for ever.
public enum EntryKind: UInt8, Sendable, Hashable, CaseIterable {
    /// A request was decided, permitted or denied.
    case decision = 1
    /// A response's complete list of records and versions, before it leaves.
    case disclosure = 2
    /// Sealed versions are about to be stored.
    case intent = 3
    /// The versions of an intent are stored.
    case stored = 4
    /// An intent that was never carried out, closed by the next start.
    case abandoned = 5
    /// A relationship, coverage, consent or restriction was stated or withdrawn.
    case fact = 6
    /// The policy set changed.
    case policy = 7
    /// A principal was registered, changed or disabled.
    case principal = 8
    /// A key was made, rotated, shared or destroyed.
    case key = 9
    /// A session or client opened or ended.
    case session = 10
    /// A step of the breach protocol.
    case breach = 11
    /// The root of the map of patient heads.
    case heads = 12
    /// The vault itself: created, opened, sealed, restored.
    case system = 13

    /// The kind's name as the header and every listing write it.
    public var name: String {
        switch self {
        case .decision: "decision"
        case .disclosure: "disclosure"
        case .intent: "intent"
        case .stored: "stored"
        case .abandoned: "abandoned"
        case .fact: "fact"
        case .policy: "policy"
        case .principal: "principal"
        case .key: "key"
        case .session: "session"
        case .breach: "breach"
        case .heads: "heads"
        case .system: "system"
        }
    }

    /// Finds a kind by its name.
    ///
    /// Gives `nil` for any other text.
    ///
    /// - Parameter name: As ``name`` writes it.
    public init?(name: some StringProtocol) {
        guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }
}

/// The clear first 14 bytes of every entry, covered by its leaf.
///
/// Shape, big endian: version 0x01, kind, time in microseconds (Int64), section count (UInt32).
public struct EntryFrame: Sendable, Hashable {
    /// Size in bytes.
    public static let byteCount = 14
    /// The format that this build writes, and the only one so far.
    public static let version: UInt8 = 1
    /// Most sections of one entry: one header and a million patients.
    public static let maximumSectionCount: UInt32 = 1_000_001

    /// Years 0001 to 9999: no other time has a text.
    static let times: ClosedRange<Int64> = -62_135_596_800_000_000...253_402_300_799_999_999

    /// What the entry is about.
    public let kind: EntryKind
    /// When it was written; never before the entry in front of it.
    public let time: Instant
    /// One header and one section for each patient: at least 1.
    public let sectionCount: UInt32

    /// Makes a frame.
    ///
    /// - Parameters:
    ///   - kind: What the entry is about.
    ///   - time: When it is written, in the years 0001 to 9999.
    ///   - sectionCount: The header included; 1 to ``maximumSectionCount``.
    public init(kind: EntryKind, time: Instant, sectionCount: UInt32) {
        self.kind = kind
        self.time = time
        self.sectionCount = sectionCount
    }

    /// The 14 bytes.
    public var bytes: [UInt8] {
        var bytes = [Self.version, kind.rawValue]
        bytes.appendBigEndian(UInt64(bitPattern: time.microseconds))
        bytes.appendBigEndian(sectionCount)
        return bytes
    }

    /// Reads a frame from the start of an entry.
    ///
    /// - Parameter buffer: At least 14 bytes.
    /// - Throws: ``MerkleLogError/malformedEntry`` or ``MerkleLogError/unsupportedVersion(_:)``.
    public init(_ buffer: UnsafeRawBufferPointer) throws(MerkleLogError) {
        guard buffer.count >= Self.byteCount else { throw .malformedEntry }
        guard buffer[0] == Self.version else { throw .unsupportedVersion(buffer[0]) }
        let count = UInt32(bigEndian: buffer.loadUnaligned(fromByteOffset: 10, as: UInt32.self))
        let micros = Int64(bigEndian: buffer.loadUnaligned(fromByteOffset: 2, as: Int64.self))
        guard let kind = EntryKind(rawValue: buffer[1]), count >= 1,
            count <= Self.maximumSectionCount, Self.times.contains(micros)
        else { throw .malformedEntry }
        self.kind = kind
        time = Instant(microseconds: micros)
        sectionCount = count
    }
}

extension [UInt8] {
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}
