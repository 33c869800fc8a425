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

    /// Directory records that some records refer to, directly or through one another.
    func referenced(by opened: [OpenedRecord]) throws -> [DisclosedRecord] {
        guard let directory = grant.directory, !opened.isEmpty else { return [] }
        let known = try all(directory)
        var wanted: Set<RecordID> = []
        var open = try opened.flatMap { try references(in: $0.disclosed.bytes) }
        while let next = open.popLast() {
            guard let record = known[next], wanted.insert(next).inserted else { continue }
            open += try references(in: record.bytes)
        }
        return wanted.sorted().compactMap { known[$0] }
    }

    private func all(_ directory: DirectoryGrant) throws -> [RecordID: DisclosedRecord] {
        var openers: [SegmentTag: SegmentOpener] = [:]
        for segment in directory.segments {
            openers[segment.tag] = try SegmentOpener(readKey: segment.readKey)
        }
        var parser = JSONParser()
        var found: [RecordID: DisclosedRecord] = [:]
        try vault.records.forEachRow(
            of: directory.pseudonym, segments: nil, versions: .current
        ) { row in
            guard let opener = openers[row.header.segment] else { throw VaultError.damagedRecord }
            let bytes = try opener.open(
                row.sealed, at: row.header.location(in: vault.guard.vault))
            guard let name = RecordName(in: bytes, parser: &parser) else {
                throw VaultError.damagedRecord
            }
            found[name.record] = DisclosedRecord(
                record: name.record, version: row.header.version, bytes: bytes, isIncluded: true)
        }
        return found
    }

    private func references(in bytes: [UInt8]) throws -> [RecordID] {
        var parser = JSONParser()
        let document = try parser.parse(bytes)
        var summary = ResourceSummary()
        try summary.gather(document.root)
        return summary.references.compactMap {
            RecordID(literal: document.string($0.reference))
        }
    }
}
