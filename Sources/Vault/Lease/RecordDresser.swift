internal import FHIRModel
internal import VaultCore

/// Makes of a stored record what a FHIR client gets: its version and time in `meta`, and references masked
/// that lead to what this reader cannot see.
///
/// A masked Reference is one with FHIR's `data-absent-reason` `masked`, whether its target is hidden or not
/// there at all, so that nobody can tell the two apart. References to the shared directory stay.
struct RecordDresser {
    /// The patient, whose own reference always stays; `nil` for the directory, where nothing is masked.
    let owner: RecordID?
    private let visible: Set<RecordID>
    private var parser = JSONParser()

    /// What stands in place of a masked Reference.
    static let mask = Array(
        (#"{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","#
            + #""valueCode":"masked"}]}"#).utf8
    )

    private struct Edit {
        var range: Range<Int>
        var bytes: [UInt8]
    }

    init(owner: RecordID?, visible: Set<RecordID> = []) {
        self.owner = owner
        self.visible = visible
    }

    mutating func dress(
        _ stored: [UInt8],
        _ row: RowOutline,
        at time: Instant?,
        isRedacted: Bool = false
    ) throws -> LeasedRecord {
        guard let time, let document = try? parser.parse(stored),
            let record = stored.withUnsafeBytes({ RecordID(ofResource: $0) }),
            let type = ResourceType(named: record.type)
        else { throw VaultError.damagedRecord }
        var edits = [metaEdit(document.root, version: row.version, time: time)]
        let own = edits.count
        if owner != nil, hasHiddenReference(stored) { mask(document.root, into: &edits) }
        edits.sort { $0.range.lowerBound < $1.range.lowerBound }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(stored.count + 128)
        var copied = 0
        document.withBytes { source in
            for edit in edits where edit.range.lowerBound >= copied {
                bytes += source[copied..<edit.range.lowerBound]
                bytes += edit.bytes
                copied = edit.range.upperBound
            }
            bytes += source[copied...]
        }
        return LeasedRecord(
            number: row.number,
            record: record,
            type: type,
            version: row.version,
            lastUpdated: time,
            bytes: bytes,
            logIndex: row.logIndex,
            isMasked: isRedacted || edits.count > own,
            isDeleted: row.isDeleted
        )
    }

    private func hasHiddenReference(_ stored: [UInt8]) -> Bool {
        var found = false
        stored.withUnsafeBytes { bytes in
            ReferenceScan.forEach(in: bytes) { text in
                if !found, RecordID(literal: text).map(isHidden) ?? false { found = true }
            }
        }
        // A reference written with escapes is passed over by the scan; such text is rare: look closely.
        return found || stored.contains(0x5C)
    }

    private func isHidden(_ target: RecordID) -> Bool {
        if target == owner || visible.contains(target) { return false }
        guard let type = ResourceType(named: target.type) else { return true }
        return !type.mayBeShared
    }

    /// Adds an edit for each Reference, at any depth, whose target is hidden.
    private func mask(_ node: JSONNode, into edits: inout [Edit]) {
        switch node.kind {
        case .object:
            if let text = node["reference"]?.string, let target = RecordID(literal: text),
                isHidden(target)
            {
                edits.append(Edit(range: node.byteRange, bytes: Self.mask))
                return
            }
            for member in node.members { mask(member.value, into: &edits) }
        case .array: for element in node.elements { mask(element, into: &edits) }
        default: return
        }
    }

    private func metaEdit(_ root: JSONNode, version: UInt32, time: Instant) -> Edit {
        var meta = Array("{\"versionId\":\"\(version)\",\"lastUpdated\":\"\(time)\"".utf8)
        guard let old = root["meta"], old.kind == .object else {
            // Before every other member: a resource always has `resourceType`.
            let start = root.byteRange.lowerBound + 1
            return Edit(
                range: start..<start,
                bytes: Array("\"meta\":".utf8) + meta + Array("},".utf8)
            )
        }
        for member in old.members {
            guard let name = member.key.string, name != "versionId", name != "lastUpdated",
                name != "_versionId", name != "_lastUpdated"
            else { continue }
            meta.append(0x2C)
            member.key.withBytes { meta += $0 }
            meta.append(0x3A)
            member.value.withBytes { meta += $0 }
        }
        meta.append(0x7D)
        return Edit(range: old.byteRange, bytes: meta)
    }
}
