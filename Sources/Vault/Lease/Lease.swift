public import Consent
public import FHIRModel
internal import Guard
internal import Sealing
internal import Synchronization
public import VaultCore

/// One record as a reader under a grant may see it.
public struct LeasedRecord: Sendable {
    /// Record number, dense per patient; part of the manifest.
    public let number: UInt32
    /// Type and id.
    public let record: RecordID
    /// The type.
    public let type: ResourceType
    /// Version, from 1.
    public let version: UInt32
    /// When the stored row was announced in the log.
    public let lastUpdated: Instant
    /// FHIR JSON with `meta.versionId` and `meta.lastUpdated`, references to what the reader cannot see
    /// masked.
    public let bytes: [UInt8]
    /// Index of the entry that announced the stored row.
    public let logIndex: Int64
    /// Whether something in ``bytes`` is masked or taken out for this reader.
    public let isMasked: Bool
    /// Whether this version says that the record was deleted; then ``bytes`` is what was deleted.
    public let isDeleted: Bool
}

/// The records that one grant opened, for as long as the Guard keeps the grant alive.
///
/// Nothing of it may leave but through ``VaultService/disclose(_:of:)``, which asks the Guard again each
/// time: a lease whose facts, records or token have changed discloses nothing any more.
public final class Lease: Sendable {
    /// Whose record; `nil` for the shared directory.
    public let patient: RecordID?
    /// The records, by number.
    public let records: [LeasedRecord]
    /// When it ends at the latest.
    public let end: Instant
    /// Codes and texts of what is due with every disclosure.
    public let obligations: [Obligation]
    /// Bytes that the records take in memory.
    public let byteCount: Int

    /// Whether the patient's own consent is among what let it be opened.
    public var isByConsent: Bool {
        grant?.decision.rules.contains { $0.id.hasPrefix("consent:") } ?? false
    }

    let grant: Grant?
    let request: ReleaseRequest?
    /// Who asked for it, and asks again where versions or the directory are looked up.
    let caller: Caller
    let directory: DirectoryGrant?
    private let places: [RecordID: Int]
    private let types: [ResourceType: [Int]]
    private let documents: Mutex<[Int: JSONDocument]>
    let openers: [SegmentTag: (GrantedSegment, SegmentOpener)]

    init(
        patient: RecordID?,
        grant: Grant?,
        request: ReleaseRequest?,
        caller: Caller,
        directory: DirectoryGrant?,
        openers: [SegmentTag: (GrantedSegment, SegmentOpener)],
        records: [LeasedRecord],
        end: Instant
    ) {
        self.patient = patient
        self.grant = grant
        self.request = request
        self.caller = caller
        self.directory = directory
        self.openers = openers
        self.records = records
        self.end = end
        obligations = grant?.decision.obligations ?? []
        byteCount = records.reduce(4_096) { $0 + $1.bytes.count + 256 }
        var places: [RecordID: Int] = [:]
        var types: [ResourceType: [Int]] = [:]
        places.reserveCapacity(records.count)
        for (place, record) in records.enumerated() {
            places[record.record] = place
            types[record.type, default: []].append(place)
        }
        self.places = places
        self.types = types
        documents = Mutex([:])
    }

    /// Where a record stands in ``records``; `nil` for one that is hidden or not there.
    ///
    /// - Parameter record: Type and id.
    /// - Returns: Its place.
    public func place(of record: RecordID) -> Int? { places[record] }

    /// Where the records of a type stand in ``records``, in their order.
    ///
    /// - Parameter type: Resource type.
    /// - Returns: Their places.
    public func places(of type: ResourceType) -> [Int] { types[type] ?? [] }

    /// Types of which there is a record.
    public var presentTypes: [ResourceType] { types.keys.sorted { $0.rawValue < $1.rawValue } }

    /// A record's JSON, parsed once.
    ///
    /// - Parameter place: Index into ``records``.
    /// - Returns: The document of ``LeasedRecord/bytes``.
    /// - Throws: ``VaultError/damagedRecord``.
    public func document(at place: Int) throws -> JSONDocument {
        if let known = documents.withLock({ $0[place] }) { return known }
        var parser = JSONParser()
        guard let parsed = try? parser.parse(records[place].bytes) else {
            throw VaultError.damagedRecord
        }
        documents.withLock { $0[place] = parsed }
        return parsed
    }
}
