internal import FHIRModel
internal import MerkleLog
internal import VaultCore

/// Names of the records that entries told in full carry: read from the intents that announced them.
///
/// Only those patients' intents are opened a second time; to keep the names of all records on the way would
/// take more memory than the rest of a scope.
struct RecordNames {
    private let ring: KeyRing
    private let patients: [AccessLog.Patient]
    /// By patient and number: what the record was called from which entry on.
    private var names: [Int: [UInt32: [(index: UInt64, record: AccessLog.Record)]]] = [:]
    private var tags: [Place: RecordTag] = [:]

    private struct Place: Hashable {
        var patient: Int
        var id: RecordID
    }

    init(_ gathered: AccessGathering, _ reader: LogReader) throws {
        ring = reader.state.ring
        patients = gathered.log.patients
        var wanted: [Int: Set<UInt32>] = [:]
        for event in gathered.events {
            switch event.content {
            case .disclosure(let items), .stored(let items):
                if !items.isEmpty {
                    wanted[event.patient, default: []].formUnion(items.lazy.map(\.number))
                }
            case .grant, .other: break
            }
        }
        for (patient, index) in gathered.intents {
            guard let numbers = wanted[Int(patient)] else { continue }
            try read(index, Int(patient), numbers, reader)
        }
    }

    private mutating func read(
        _ index: UInt64,
        _ patient: Int,
        _ numbers: Set<UInt32>,
        _ reader: LogReader
    ) throws {
        let parts = try reader.entry(index, parts: .only(patients[patient].pseudonym)).parts
        guard let body = parts.first?.body, let rows = try? IntentPart.rows(of: body) else {
            return
        }
        for record in rows.records where numbers.contains(record.number) {
            guard let id = record.id else { continue }
            let name = AccessLog.Record(
                id: id,
                category: rows.segments[record.segment].category.rawValue
            )
            names[patient, default: [:]][record.number, default: []].append((index, name))
        }
    }

    /// A record's tag; its name is added to `records`.
    ///
    /// - Returns: A hash that stands for the record where its name can no longer be read.
    mutating func tag(
        of number: UInt32,
        _ event: AccessGathering.Event,
        _ records: inout [RecordTag: AccessLog.Record]
    ) -> RecordTag? {
        guard
            let record = names[event.patient]?[number]?.last(where: { $0.index <= event.index })?
                .record
        else { return unnamed(number, patients[event.patient].pseudonym) }
        let place = Place(patient: event.patient, id: record.id)
        let tag =
            tags[place] ?? ring.tag(of: record.id, patient: patients[event.patient].pseudonym)
        tags[place] = tag
        records[tag] = record
        return tag
    }

    /// Stands for a record whose name can no longer be read.
    private func unnamed(_ number: UInt32, _ patient: PatientPseudonym) -> RecordTag? {
        let bytes = patient.bytes + bigEndian(UInt64(number))
        return RecordTag(bytes: Array(TreeHasher.leafHash(bytes).bytes.prefix(16)))
    }
}
