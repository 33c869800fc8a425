internal import FHIRModel
public import Guard
internal import Records
internal import Sealing
public import VaultCore

// What an export of many patients needs beside leases. A file of it is made when it is fetched, from leases that
// hold then; nothing of it is kept anywhere.

extension VaultService {
    /// Everybody who may be worth asking for in an export, in the steps that the Guard answers in one go.
    ///
    /// - Returns: Pseudonyms, in the order in which the patients came; that of the directory too.
    /// - Throws: A ``Failure``.
    public func exportSteps() throws -> [[PatientPseudonym]] {
        exportSteps(of: try records.patients().map(\.patient))
    }

    /// The same for patients who are known by their pseudonyms.
    ///
    /// - Parameter patients: Each once.
    /// - Returns: All of them, in their order.
    public func exportSteps(of patients: [PatientPseudonym]) -> [[PatientPseudonym]] {
        stride(from: 0, to: patients.count, by: GuardCore.exportStep).map {
            Array(patients[$0..<min($0 + GuardCore.exportStep, patients.count)])
        }
    }

    /// Records exactly what one file carries, before it leaves; the Guard checks every grant again.
    ///
    /// - Parameters:
    ///   - carried: Leases of different patients, each with what the file has of it.
    ///   - file: Name of the file, without a word of anybody.
    /// - Returns: The file's entry, durable.
    /// - Throws: ``GuardError/grantEnded`` and other ``Failure``s; then nothing of the file may leave.
    @discardableResult
    public func disclose(
        _ carried: [(lease: Lease, records: [LeasedRecord])],
        inFile file: String
    ) throws -> Receipt {
        try `guard`.recordDisclosure(
            ofFile: file,
            carrying: carried.compactMap { lease, records in
                lease.grant.map { grant in
                    (
                        grant,
                        Manifest(
                            records.map { Manifest.Item(number: $0.number, version: $0.version) }
                        )
                    )
                }
            }
        )
    }

    /// What of a patient's record was deleted, as far as the reader may know that it was there.
    ///
    /// - Parameters:
    ///   - lease: Of the patient.
    ///   - since: Only what was deleted later.
    /// - Returns: The deletions, each once.
    /// - Throws: A ``Failure``.
    public func deletions(in lease: Lease, since: Instant) throws -> [LeasedRecord] {
        guard let grant = lease.grant else { return [] }
        var names: Set<RecordID> = []
        try records.forEachRow(
            of: grant.patient,
            segments: Set(lease.openers.keys),
            versions: .all
        ) { row in
            guard row.header.isDeleted, let (_, opener) = lease.openers[row.header.segment] else {
                return
            }
            let bytes = try opener.openedRow(row, in: `guard`.vault)
            guard let name = bytes.withUnsafeBytes({ RecordID(ofResource: $0) }) else {
                throw VaultError.damagedRecord
            }
            names.insert(name)
        }
        return try names.sorted().compactMap { name in
            guard let newest = try versions(of: name, in: lease).first, newest.isDeleted,
                newest.lastUpdated > since
            else { return nil }
            return newest
        }
    }

    /// The patients of a Group that the reader may see; a Group leaves only where all of them permit it.
    ///
    /// - Parameters:
    ///   - group: A record of the lease.
    ///   - lease: Where it was found.
    /// - Returns: Its active members who are patients; none for a record that the lease does not have.
    /// - Throws: A ``Failure``.
    public func members(of group: RecordID, in lease: Lease) throws -> [RecordID] {
        guard group.type == "Group", lease.place(of: group) != nil, let grant = lease.grant else {
            return []
        }
        let tag = try `guard`.recordTags(of: [group], under: grant)[0]
        guard let row = try records.row(tag, version: nil), !row.header.isDeleted,
            row.header.patient == grant.patient,
            let (_, opener) = lease.openers[row.header.segment]
        else { return [] }
        let bytes = try row.sealed.withUnsafeBytes {
            try opener.openedRow(
                BorrowedRow(header: row.header, isCurrent: true, sealed: $0),
                in: `guard`.vault
            )
        }
        var parser = JSONParser()
        guard let root = try? parser.parse(bytes).root else { throw VaultError.damagedRecord }
        var members: [RecordID] = []
        for member in root["member"]?.elements.map({ $0 }) ?? [] {
            guard member["inactive"]?.boolean != true,
                let text = member["entity"]?["reference"]?.string,
                let patient = RecordID(literal: text), patient.type == "Patient",
                !members.contains(patient)
            else { continue }
            members.append(patient)
        }
        return members
    }
}

extension Lease {
    /// A record by its number.
    ///
    /// - Parameter number: As in manifests.
    /// - Returns: Its place in ``records``; `nil` for one that is hidden or not there (any more).
    public func place(ofNumber number: UInt32) -> Int? {
        var low = 0
        var high = records.count
        while low < high {
            let middle = (low + high) / 2
            if records[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low < records.count && records[low].number == number ? low : nil
    }
}
