internal import Consent
internal import FHIRModel
internal import Guard
internal import MerkleLog
internal import VaultCore

/// One resource of a file with all that the Guard must know of it, and nothing of what it says.
///
/// Pure: what only the vault can tell (who owns what follows another record) is asked later. An object,
/// because it is handed on many times and a copy of all its parts would cost more than making it.
final class AnalysedResource: Sendable {
    let entry: Int
    let record: RecordID
    /// The record's name, hashed.
    let key: RecordKey
    /// Those of the records that its links name, the shared directory's left out.
    let linkKeys: [RecordKey]
    /// The bytes to store; those of the version before, where this one is a deletion.
    let document: JSONDocument
    let owner: OwnerClue
    let item: WriteItem
    let facts: [Fact]
    let identity: PatientIdentity?
    /// Whom it names as standing near the patient, where it is a RelatedPerson.
    let related: PatientIdentity.Representative?

    init(
        _ resource: FileResource,
        _ summary: ResourceSummary,
        labeller: inout Labeller,
        isPart2Source: Bool,
        isDeletion: Bool = false
    ) {
        let document = resource.document
        let ownership = summary.ownership(in: document)
        entry = resource.entry
        record = resource.record
        key = RecordKey(resource.record)
        self.document = document
        owner = OwnerClue(ownership, of: resource)
        let isShared = ownership == .shared
        let found = labeller.label(
            summary,
            in: document,
            marks: isPart2Source && !isShared ? [.part2] : .none
        )
        var item = WriteItem(
            record: resource.record,
            digest: document.withBytes { TreeHasher.leafHash($0).bytes },
            category: summary.category(in: document),
            labels: found.labels,
            namesOthers: !isShared
                && !summary.mentionedPatients(in: document, besides: ownership).isEmpty,
            coded: found.coded,
            links: Self.links(summary, of: resource),
            bases: found.bases.map { "\($0.label): \($0.source)" }
        )
        item.isDeletion = isDeletion
        self.item = item
        linkKeys = item.links.filter { $0.kind != .directory }.map { RecordKey($0.target) }
        facts = FactExtractor.facts(of: document.root, isPart2Source: isPart2Source)
        identity = summary.type == .patient ? IdentityReader.identity(of: document.root) : nil
        related =
            summary.type == .relatedPerson
            ? IdentityReader.representative(
                of: document.root,
                named: resource.record,
                isDeleted: isDeletion
            ) : nil
    }

    private static func links(
        _ summary: ResourceSummary,
        of resource: FileResource
    ) -> [LabelGraph<RecordID>.Link] {
        var links: [LabelGraph<RecordID>.Link] = []
        for span in summary.references {
            guard
                let target = resource.document.withText(
                    span.reference,
                    { RecordID(literal: $0) }
                ),
                target != resource.record, let targetType = ResourceType(named: target.type),
                let kind = LabelLink(span, from: summary.type, to: targetType)
            else { continue }
            links.append(.init(to: target, kind))
        }
        return links
    }
}

/// What a resource itself says of its owner.
enum OwnerClue: Sendable, Hashable {
    case owner(RecordOwner)
    /// The owner of these records.
    case follows([RecordID])
    /// The patient with this identifier.
    case identifier(system: String, value: String)
    case nobody(UnownedReason)
    /// A patient, but no reference that can be followed.
    case unknownPatient

    init(_ ownership: Ownership, of resource: FileResource) {
        let document = resource.document
        switch ownership {
        case .itself: self = .owner(.patient(resource.record))
        case .shared: self = .owner(.directory)
        case .unowned(let reason): self = .nobody(reason)
        case .patient(let span): self = Self.patient(span, in: document)
        case .follows(let spans):
            self = .follows(
                spans.compactMap { span in
                    document.withText(span.reference) { RecordID(literal: $0) }
                }
            )
        }
    }

    private static func patient(_ span: ReferenceSpan, in document: JSONDocument) -> OwnerClue {
        if let literal = document.withText(span.reference, { RecordID(literal: $0) }) {
            return .owner(.patient(literal))
        }
        // A conditional reference, `Patient?identifier=SYS|VAL`, or a logical one.
        let text = document.string(span.reference)
        var system = document.string(span.system)
        var value = document.string(span.value)
        if let query = text.split(separator: "?", maxSplits: 1).last, text.contains("?") {
            guard query.hasPrefix("identifier="), !query.contains("&"),
                let bar = query.firstIndex(of: "|")
            else { return .unknownPatient }
            system = String(query[query.index(query.startIndex, offsetBy: 11)..<bar])
            value = String(query[query.index(after: bar)...])
        }
        return value.isEmpty ? .unknownPatient : .identifier(system: system, value: value)
    }
}
