internal import Consent
internal import FHIRModel
internal import Guard
internal import Records
internal import Sealing
internal import VaultCore

/// Opens the records of a grant and applies what is finer than a segment.
struct GrantReader {
    let vault: VaultService
    let grant: Grant
    let request: ReleaseRequest

    /// The permitted records, by record number.
    func open() throws -> [OpenedRecord] {
        var filter = RecordFilter(vault: vault, grant: grant, request: request)
        var openers: [SegmentTag: (GrantedSegment, SegmentOpener)] = [:]
        for segment in grant.segments {
            openers[segment.tag] = (segment, try SegmentOpener(readKey: segment.readKey))
        }
        var parser = JSONParser()
        var found: [OpenedRecord] = []
        try forEachRow { row in
            guard let (segment, opener) = openers[row.header.segment], !row.header.isDeleted else {
                return
            }
            let bytes: [UInt8]
            do {
                bytes = try opener.open(
                    row.sealed,
                    at: row.header.location(in: vault.guard.vault)
                )
            } catch { throw VaultError.damagedRecord }
            if segment.needsFilter {
                guard let document = try? parser.parse(bytes) else {
                    throw VaultError.damagedRecord
                }
                guard try filter.admits(document, segment: segment.segment) else { return }
            }
            guard let record = bytes.withUnsafeBytes({ RecordID(ofResource: $0) }) else {
                throw VaultError.damagedRecord
            }
            found.append(
                OpenedRecord(
                    number: UInt32(row.header.number),
                    segment: segment.segment,
                    disclosed: DisclosedRecord(
                        record: record,
                        version: row.header.version,
                        bytes: bytes,
                        isIncluded: false
                    )
                )
            )
        }
        return found.sorted { $0.number < $1.number }
    }

    private func forEachRow(_ body: (BorrowedRow) throws -> Void) throws {
        if let record = grant.record {
            guard let row = try vault.records.row(record.tag, version: nil) else {
                throw VaultError.damagedRecord
            }
            try row.sealed.withUnsafeBytes { bytes in
                try body(BorrowedRow(header: row.header, isCurrent: true, sealed: bytes))
            }
            return
        }
        try vault.records.forEachRow(
            of: grant.patient,
            segments: Set(grant.segments.map(\.tag)),
            versions: .current,
            body: body
        )
    }
}
