internal import Synchronization
public import VaultCore

/// What is known about one patient (or about the shared directory) that can decide a request.
///
/// A value: the Guard logs it, snapshots it and replays it. Facts are kept per record and version, so
/// that a newer version of a record replaces its facts and a deletion removes them.
public struct PatientFacts: Sendable {
    /// The facts of one version of one record.
    public struct Entry: Sendable, Hashable {
        /// The record they come from.
        public let origin: RecordID
        /// Its version in the vault, counted from 1.
        public let version: Int64
        /// In the order in which the extractor found them.
        public let facts: [Fact]

        /// Joins facts to their origin.
        ///
        /// - Parameters:
        ///   - origin: The record they come from.
        ///   - version: Its version.
        ///   - facts: The facts.
        public init(origin: RecordID, version: Int64, facts: [Fact]) {
            self.origin = origin
            self.version = version
            self.facts = facts
        }
    }

    private var byRecord: [RecordID: Entry] = [:]
    private var cache = IndexCache()

    /// Nothing known.
    public init() {}

    /// Nothing known, shared by all who know nothing.
    public static let nothing = PatientFacts()

    /// Facts from entries; of two versions of a record the newer one counts.
    ///
    /// - Parameter entries: In any order.
    public init(_ entries: some Sequence<Entry>) {
        for entry in entries { merge(entry) }
    }

    /// All entries, ordered by record.
    public var entries: [Entry] { byRecord.values.sorted { $0.origin < $1.origin } }

    /// Whether nothing is known.
    public var isEmpty: Bool { byRecord.isEmpty }

    /// The facts of a record's newest version.
    ///
    /// - Parameter origin: The record.
    /// - Returns: `nil` where nothing is known of it.
    public func entry(of origin: RecordID) -> Entry? { byRecord[origin] }

    /// Takes the facts of a version, unless a newer one is known.
    ///
    /// - Parameter entry: No facts say that the record no longer states any.
    public mutating func merge(_ entry: Entry) {
        if let known = byRecord[entry.origin], known.version > entry.version { return }
        byRecord[entry.origin] = entry
        cache = IndexCache()
    }

    /// Takes every entry of other facts.
    ///
    /// - Parameter other: Of the same patient.
    public mutating func merge(_ other: PatientFacts) {
        for entry in other.byRecord.values { merge(entry) }
    }

    /// Forgets a record.
    ///
    /// - Parameter origin: The record.
    public mutating func remove(_ origin: RecordID) {
        byRecord[origin] = nil
        cache = IndexCache()
    }

    /// The facts laid out for decisions; built once for each value.
    var index: FactIndex { cache.index { FactIndex(entries) } }
}

extension PatientFacts: Hashable {
    /// Whether the same is known.
    ///
    /// - Parameters:
    ///   - left: Some facts.
    ///   - right: Others.
    /// - Returns: Whether every record states the same facts in the same version.
    public static func == (left: PatientFacts, right: PatientFacts) -> Bool {
        left.byRecord == right.byRecord
    }

    /// Feeds the facts to a hasher.
    ///
    /// - Parameter hasher: Takes them.
    public func hash(into hasher: inout Hasher) { hasher.combine(byRecord) }
}

/// Holds the index of one value of facts; shared by copies until one of them changes.
final class IndexCache: Sendable {
    private let stored = Mutex<FactIndex?>(nil)

    func index(_ build: () -> FactIndex) -> FactIndex {
        stored.withLock { stored in
            if let stored { return stored }
            let built = build()
            stored = built
            return built
        }
    }
}
