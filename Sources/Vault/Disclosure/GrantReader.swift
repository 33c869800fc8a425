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

    /// Rows gathered before they are opened together, on all cores; bounds what ciphertext takes of memory.
    private static let batchCount = 1_024

    private typealias Openers = [SegmentTag: (segment: GrantedSegment, opener: SegmentOpener)]

    /// The permitted records, by record number.
    func open() throws -> [OpenedRecord] {
        var openers: Openers = [:]
        for segment in grant.segments {
            openers[segment.tag] = (segment, try SegmentOpener(readKey: segment.readKey))
        }
        var rows: [SealedRow] = []
        var found: [OpenedRecord] = []
        try forEachRow { row in
            guard openers[row.header.segment] != nil, !row.header.isDeleted else { return }
            rows.append(
                SealedRow(header: row.header, isCurrent: true, sealed: Array(row.sealed))
            )
            if rows.count == Self.batchCount {
                found += try open(rows, with: openers)
                rows.removeAll(keepingCapacity: true)
            }
        }
        found += try open(rows, with: openers)
        return found.sorted { $0.number < $1.number }
    }

    private func open(_ rows: [SealedRow], with openers: Openers) throws -> [OpenedRecord] {
        try Cores.slices(of: rows.count, minimum: 96) { slice -> [OpenedRecord] in
            var filter = RecordFilter(vault: vault, grant: grant, request: request)
            var parser = JSONParser()
            return try rows[slice].compactMap { row in
                guard let (segment, opener) = openers[row.header.segment] else { return nil }
                let bytes = try plaintext(of: row, with: opener)
                if segment.needsFilter {
                    guard let document = try? parser.parse(bytes) else {
                        throw VaultError.damagedRecord
                    }
                    guard try filter.admits(document, segment: segment.segment) else {
                        return nil
                    }
                }
                guard let record = bytes.withUnsafeBytes({ RecordID(ofResource: $0) }) else {
                    throw VaultError.damagedRecord
                }
                return OpenedRecord(
                    number: UInt32(row.header.number),
                    segment: segment.segment,
                    disclosed: DisclosedRecord(
                        record: record,
                        version: row.header.version,
                        bytes: bytes,
                        isIncluded: false
                    )
                )
            }
        }.flatMap { $0 }
    }

    private func plaintext(of row: SealedRow, with opener: SegmentOpener) throws -> [UInt8] {
        do {
            return try opener.open(row.sealed, at: row.header.location(in: vault.guard.vault))
        } catch { throw VaultError.damagedRecord }
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
