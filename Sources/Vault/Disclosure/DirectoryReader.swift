internal import FHIRModel
internal import Guard
internal import Records
internal import Sealing
internal import VaultCore

/// Adds the organizations, practitioners and places that released records refer to.
///
/// The shared directory names no patient; it is read under its own key and not part of a manifest.
struct DirectoryReader {
    let vault: VaultService
    let grant: Grant
    private var openers: [SegmentTag: SegmentOpener] = [:]
    private var seen: Set<RecordID> = []

    init(vault: VaultService, grant: Grant) {
        self.vault = vault
        self.grant = grant
    }

    /// Directory records that some records refer to, directly or through one another; only these are
    /// opened, however large the directory.
    mutating func referenced(by opened: [OpenedRecord]) throws -> [DisclosedRecord] {
        guard let directory = grant.directory else { return [] }
        var found: [DisclosedRecord] = []
        var wanted = opened.flatMap { references(in: $0.disclosed.bytes) }
        while !wanted.isEmpty {
            let tags = try vault.guard.directoryTags(of: wanted, under: grant)
            var next: [RecordID] = []
            for (record, tag) in zip(wanted, tags) {
                guard let known = try read(record, tag, directory) else { continue }
                found.append(known)
                next += references(in: known.bytes)
            }
            wanted = next
        }
        return found.sorted { $0.record < $1.record }
    }

    private mutating func read(
        _ record: RecordID,
        _ tag: RecordTag,
        _ directory: DirectoryGrant
    ) throws -> DisclosedRecord? {
        guard let row = try vault.records.row(tag, version: nil),
            row.header.patient == directory.pseudonym, !row.header.isDeleted
        else { return nil }
        let opener = try opener(of: row.header.segment, directory)
        do {
            let bytes = try opener.open(
                row.sealed,
                at: row.header.location(in: vault.guard.vault)
            )
            return DisclosedRecord(
                record: record,
                version: row.header.version,
                bytes: bytes,
                isIncluded: true
            )
        } catch { throw VaultError.damagedRecord }
    }

    private mutating func opener(
        of segment: SegmentTag,
        _ directory: DirectoryGrant
    ) throws -> SegmentOpener {
        if let known = openers[segment] { return known }
        guard let granted = directory.segments.first(where: { $0.tag == segment }) else {
            throw VaultError.damagedRecord
        }
        let made = try SegmentOpener(readKey: granted.readKey)
        openers[segment] = made
        return made
    }

    /// References to what may stand in the directory, each once in a response.
    private mutating func references(in bytes: [UInt8]) -> [RecordID] {
        var found: [RecordID] = []
        bytes.withUnsafeBytes { bytes in
            ReferenceScan.forEach(in: bytes) { text in
                guard let record = RecordID(literal: text),
                    ResourceType(named: record.type)?.mayBeShared == true,
                    seen.insert(record).inserted
                else { return }
                found.append(record)
            }
        }
        return found
    }
}
