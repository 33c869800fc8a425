internal import FHIRModel
internal import VaultCore

/// What an export will carry: numbers of records, in batches of patients, and nothing that a record says.
///
/// Of each batch there is one file for each type.
struct ExportPlan: Sendable {
    /// One record of a batch's patient.
    struct Item: Sendable {
        /// Place of the patient in the batch.
        var patient: Int32
        var number: UInt32
    }

    struct Batch: Sendable {
        var patients: [FHIRID] = []
        var items: [ResourceType: [Item]] = [:]
        /// Deletions, each by its patient's place.
        var deleted: [(patient: Int32, record: RecordID)] = []
        fileprivate(set) var byteCount = 0
    }

    private(set) var batches: [Batch] = []
    private(set) var itemCount = 0
    /// Types of the shared directory, with how many records of each.
    var directory: [(type: ResourceType, count: Int)] = []

    /// A batch is opened whole when one of its files is fetched: so much fits into memory beside all else.
    private static let batchByteCount = 12 << 20
    private static let batchPatients = 500
    /// Most records of one export; 8 bytes each.
    static let maximumItems = 5_000_000

    /// Adds a patient's records.
    mutating func add(
        _ patient: FHIRID,
        _ records: [(type: ResourceType, number: UInt32)],
        byteCount: Int,
        deleted: [RecordID]
    ) throws {
        guard !records.isEmpty || !deleted.isEmpty else { return }
        guard itemCount + records.count <= Self.maximumItems else {
            throw Problem(413, "too-costly", "the export is too large: name types or a group")
        }
        let isFull = batches.last.map {
            $0.patients.count >= Self.batchPatients
                || $0.byteCount + byteCount > Self.batchByteCount
        }
        if isFull ?? true { batches.append(Batch()) }
        let last = batches.count - 1
        let place = Int32(batches[last].patients.count)
        batches[last].patients.append(patient)
        batches[last].byteCount += byteCount
        for record in records {
            batches[last].items[record.type, default: []].append(
                Item(patient: place, number: record.number)
            )
        }
        batches[last].deleted += deleted.map { (place, $0) }
        itemCount += records.count
    }
}

/// Name of one file of an export: the batch, and a type or the word for deletions.
enum ExportFile: Equatable {
    case records(batch: Int, type: ResourceType)
    case deleted(batch: Int)
    case directory(ResourceType)

    private static let ending = ".ndjson"

    var name: String {
        switch self {
        case .records(let batch, let type): "\(batch).\(type.rawValue)\(Self.ending)"
        case .deleted(let batch): "\(batch).deleted\(Self.ending)"
        case .directory(let type): "directory.\(type.rawValue)\(Self.ending)"
        }
    }

    init?(_ name: String) {
        guard name.hasSuffix(Self.ending) else { return nil }
        let parts = name.dropLast(Self.ending.count).split(
            separator: ".",
            omittingEmptySubsequences: false
        )
        guard parts.count == 2 else { return nil }
        if parts[0] == "directory" {
            guard let type = ResourceType(named: String(parts[1])) else { return nil }
            self = .directory(type)
            return
        }
        guard let batch = Int(parts[0]), String(batch) == parts[0] else { return nil }
        if parts[1] == "deleted" {
            self = .deleted(batch: batch)
            return
        }
        guard let type = ResourceType(named: String(parts[1])) else { return nil }
        self = .records(batch: batch, type: type)
    }
}
