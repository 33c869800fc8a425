internal import FHIRModel
public import Guard
internal import Records
internal import Sealing
public import VaultCore

extension VaultService {
    /// Records exactly what one response carries, before it leaves; the Guard checks the grant again.
    ///
    /// - Parameters:
    ///   - carried: Records of the lease, older versions too; those of the directory are left out.
    ///   - lease: Where they come from.
    /// - Returns: The disclosure's entry, durable; `nil` for the directory, which names no patient.
    /// - Throws: ``GuardError/grantEnded`` and other ``Failure``s; then the response may not leave.
    @discardableResult
    public func disclose(_ carried: [LeasedRecord], of lease: Lease) throws -> Receipt? {
        guard let grant = lease.grant else { return nil }
        return try `guard`.recordDisclosure(
            grant,
            carrying: Manifest(
                carried.map { Manifest.Item(number: $0.number, version: $0.version) }
            )
        )
    }

    /// Whether the Guard would still let a response leave from a lease; of the directory always.
    ///
    /// - Parameter lease: As it was opened.
    /// - Throws: A ``Failure``.
    /// - Returns: `false` where the lease must be asked for anew.
    public func isLive(_ lease: Lease) throws -> Bool {
        guard let grant = lease.grant else { return true }
        return try `guard`.isLive(grant)
    }

    /// Every version of a record that this reader may see, newest first; also of a deleted record.
    ///
    /// A version that lay in a segment which the reader may not open is left out, and all of them where
    /// the newest lies in one: who may not see what a record says now may not see what it said.
    ///
    /// - Parameters:
    ///   - record: Type and id.
    ///   - lease: Of its patient.
    /// - Returns: None for what is hidden or not there.
    /// - Throws: A ``Failure``.
    public func versions(of record: RecordID, in lease: Lease) throws -> [LeasedRecord] {
        guard let grant = lease.grant, let request = lease.request else {
            return lease.place(of: record).map { [lease.records[$0]] } ?? []
        }
        let tag = try `guard`.recordTags(of: [record], under: grant)[0]
        let rows = try records.history(of: tag)
        guard let newest = rows.first, newest.header.patient == grant.patient,
            newest.header.isDeleted || lease.place(of: record) != nil
        else { return [] }
        var filter = RecordFilter(vault: self, grant: grant, request: request)
        var parser = JSONParser()
        let times = try `guard`.times(
            ofEntries: Set(rows.map(\.header.logIndex)),
            by: lease.caller
        )
        var dresser = RecordDresser(
            owner: grant.reference,
            visible: Set(lease.records.map(\.record))
        )
        var found: [LeasedRecord] = []
        for (place, row) in rows.enumerated() {
            guard
                let opened = try open(row, record, in: lease, filter: &filter, parser: &parser)
            else {
                if place == 0 { return [] }
                continue
            }
            let told = try ResponseRedaction(of: [opened], under: grant, in: self)
                .apply(to: [opened])
            let bytes = told.first?.disclosed.bytes ?? []
            found.append(
                try dresser.dress(
                    bytes,
                    RowOutline(row.header),
                    at: times[row.header.logIndex],
                    isRedacted: bytes != opened.disclosed.bytes
                )
            )
        }
        return found
    }

    /// A row's contents, where lease and rules let this reader see them.
    private func open(
        _ row: SealedRow,
        _ record: RecordID,
        in lease: Lease,
        filter: inout RecordFilter,
        parser: inout JSONParser
    ) throws -> OpenedRecord? {
        guard let (segment, opener) = lease.openers[row.header.segment] else { return nil }
        let bytes = try row.sealed.withUnsafeBytes {
            try opener.openedRow(
                BorrowedRow(header: row.header, isCurrent: row.isCurrent, sealed: $0),
                in: `guard`.vault
            )
        }
        if segment.needsFilter {
            guard let document = try? parser.parse(bytes) else { throw VaultError.damagedRecord }
            guard try filter.admits(document, segment: segment.segment) else { return nil }
        }
        return OpenedRecord(row.header, record, bytes, of: segment.segment)
    }

    /// Some records of the shared directory, as far as the grant and the directory have them.
    ///
    /// - Parameters:
    ///   - wanted: Types and ids, such as the targets of references.
    ///   - lease: A lease of a patient or of the directory.
    /// - Returns: In the order wanted.
    /// - Throws: A ``Failure``.
    public func directoryRecords(_ wanted: [RecordID], under lease: Lease) throws -> [LeasedRecord]
    {
        guard let directory = lease.directory, !wanted.isEmpty else { return [] }
        guard let grant = lease.grant else {
            return wanted.compactMap { lease.place(of: $0).map { lease.records[$0] } }
        }
        let openers = try Self.openers(directory.segments)
        var dresser = RecordDresser(owner: nil)
        var found: [LeasedRecord] = []
        for tag in try `guard`.directoryTags(of: wanted, under: grant) {
            guard let row = try records.row(tag, version: nil), !row.header.isDeleted,
                row.header.patient == directory.pseudonym,
                let (_, opener) = openers[row.header.segment]
            else { continue }
            let bytes = try row.sealed.withUnsafeBytes {
                try opener.openedRow(
                    BorrowedRow(header: row.header, isCurrent: true, sealed: $0),
                    in: `guard`.vault
                )
            }
            let times = try `guard`.times(
                ofEntries: [row.header.logIndex],
                by: lease.caller
            )
            found.append(
                try dresser.dress(
                    bytes,
                    RowOutline(row.header),
                    at: times[row.header.logIndex]
                )
            )
        }
        return found
    }
}
