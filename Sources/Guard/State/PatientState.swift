public import Consent
public import FHIRModel
internal import VaultCore

/// One segment of a patient's record: a data category crossed with a set of sensitivity labels.
public struct Segment: Sendable, Hashable {
    /// Data category, `laboratory`.
    public let category: DataCategory
    /// Sensitivity labels.
    public let labels: LabelSet
    /// Whether its records name a second patient and are released only where both permit.
    public let namesOthers: Bool

    /// Describes a segment.
    ///
    /// - Parameters:
    ///   - category: Data category.
    ///   - labels: Sensitivity labels.
    ///   - namesOthers: Whether its records name a second patient.
    public init(category: DataCategory, labels: LabelSet, namesOthers: Bool = false) {
        self.category = category
        self.labels = labels
        self.namesOthers = namesOthers
    }

    /// Canonical name, the key derivation's input: `laboratory|hiv+std`, with `|shared` at the end
    /// where a second patient is named.
    public var name: String {
        "\(category.rawValue)|\(labels.description)\(namesOthers ? "|shared" : "")"
    }

    /// Reads a canonical name.
    ///
    /// Gives `nil` where a part is not known to this build.
    ///
    /// - Parameter name: As ``name`` writes it.
    public init?(name: String) {
        let parts = name.split(separator: "|", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count),
            let category = DataCategory(rawValue: String(parts[0])),
            let labels = LabelSet(parts[1]), parts.count == 2 || parts[2] == "shared"
        else { return nil }
        self.init(category: category, labels: labels, namesOthers: parts.count == 3)
    }
}

/// What the Guard keeps at hand about one patient: its head in the log and its segments.
///
/// Derived from the log alone, so that `verify` can replay and compare it.
struct PatientState: Sendable, Hashable {
    /// Canonical reference, `Patient/42`, or `Directory` for the shared directory.
    var reference: String
    /// Shard whose key wraps this patient's key.
    var shard: UInt32
    /// Times the patient key was rotated.
    var keyGeneration: UInt32 = 0
    /// Entries that have a part of this patient.
    var entryCount: UInt64 = 0
    /// Index of the newest of them.
    var lastEntry: UInt64?
    /// Segments in order of first use; a record's segment is an index into this list.
    var segments: [Segment] = []
    /// Log index of the erasure; the key is gone.
    var erasedAt: UInt64?

    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(1)
        writer.text(reference)
        writer.integer(UInt64(shard))
        writer.integer(UInt64(keyGeneration))
        writer.integer(entryCount)
        writer.integer(lastEntry.map { $0 + 1 } ?? 0)
        writer.integer(erasedAt.map { $0 + 1 } ?? 0)
        writer.integer(UInt64(segments.count))
        for segment in segments { writer.text(segment.name) }
        return writer.bytes
    }

    init(reference: String, shard: UInt32) {
        self.reference = reference
        self.shard = shard
    }

    init(decoding bytes: [UInt8]) throws(GuardError) {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 1 else { throw .damagedState }
        reference = try reader.text()
        shard = UInt32(truncatingIfNeeded: try reader.integer())
        keyGeneration = UInt32(truncatingIfNeeded: try reader.integer())
        entryCount = try reader.integer()
        let last = try reader.integer()
        lastEntry = last == 0 ? nil : last - 1
        let erased = try reader.integer()
        erasedAt = erased == 0 ? nil : erased - 1
        let count = try reader.integer()
        guard count <= 100_000 else { throw .damagedState }
        for _ in 0..<count {
            guard let segment = Segment(name: try reader.text()) else { throw .damagedState }
            segments.append(segment)
        }
        try reader.finish()
    }
}
