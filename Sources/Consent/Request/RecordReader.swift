public import FHIRModel
internal import VaultCore

/// Reads from a resource what rules and consents ask about a record beyond its segment.
///
/// Lenient on purpose: an element of the wrong shape is not there, and what is not there permits nothing.
public enum RecordReader {
    /// The detail of a record.
    ///
    /// - Parameter resource: A whole resource.
    /// - Returns: Type, id, codes, time, authors and references.
    public static func detail(of resource: JSONNode) -> RecordDetail {
        let type = resource.text("resourceType") ?? ""
        let id = resource.text("id").flatMap { FHIRID($0) }
        let meta = resource.member(named: "meta")
        var found = Found()
        gather(resource, into: &found)
        return RecordDetail(
            resourceType: type,
            id: type.isEmpty ? nil : id.map { RecordID(type: type, id: $0) },
            securityCodes: meta?.codings("security") ?? [],
            codes: found.codes,
            profiles: meta?.list("profile").compactMap(\.string) ?? [],
            time: time(of: resource),
            authors: authors(of: resource),
            references: found.references
        )
    }

    /// What the walk over a resource collects.
    private struct Found {
        var codes: [CodedValue] = []
        var references: [String] = []
    }

    /// The labels that a record's own security codes stand for.
    ///
    /// - Parameter detail: The record.
    /// - Returns: A part of what the labeller finds; never more than it.
    public static func sourceLabels(of detail: RecordDetail) -> LabelSet {
        detail.securityCodes.reduce(LabelSet.none) { $0.union(LabelCodes.labels(of: $1)) }
    }

    /// Elements that say when what a record tells of happened; of those that are there the first counts.
    private static let times = [
        "effectivePeriod", "effectiveDateTime", "effectiveInstant", "performedPeriod",
        "performedDateTime", "occurrencePeriod", "occurrenceDateTime", "onsetPeriod",
        "onsetDateTime", "period", "billablePeriod", "servicedPeriod", "servicedDate", "start",
        "started", "whenHandedOver", "collectedDateTime", "authored", "authoredOn", "date",
        "recordedDate", "sent", "issued", "recorded", "created", "dateTime", "occurredDateTime",
    ]

    private static func time(of resource: JSONNode) -> ClinicalTime? {
        for name in times {
            guard let node = resource.member(named: name) else { continue }
            if let text = node.string {
                guard let date = PartialDate(text) else { return nil }
                let end = name == "start" ? resource.text("end").flatMap { PartialDate($0) } : nil
                return ClinicalTime(first: date, last: end ?? date)
            }
            guard node.kind == .object else { continue }
            let first = node.text("start").flatMap { PartialDate($0) }
            let last = node.text("end").flatMap { PartialDate($0) }
            guard let first = first ?? last, let last = last ?? Optional(first) else { continue }
            return ClinicalTime(first: first, last: last)
        }
        return nil
    }

    private static let authorElements = [
        "author", "performer", "recorder", "asserter", "requester", "enterer", "provider",
        "sender", "source", "informationSource", "prescriber", "orderer", "attester",
        "participant", "dispenser", "interpreter", "resultsInterpreter", "composer",
    ]

    private static func authors(of resource: JSONNode) -> [String] {
        var found: [String] = []
        for name in authorElements {
            for node in resource.list(name) {
                // Encounter.participant.individual, Procedure.performer.actor, attester.party.
                for place in [node] + ["individual", "actor", "party"].flatMap({ node.list($0) }) {
                    found += ReadReference(place)?.keys ?? []
                }
            }
        }
        return found
    }

    /// Collects every coding and reference of the resource, contained resources included, by a walk without
    /// recursion; `meta` and the narrative are left out.
    private static func gather(_ resource: JSONNode, into found: inout Found) {
        var open: [JSONNode] = []
        for (key, value) in resource.members
        where !key.utf8Equals("meta") && !key.utf8Equals("text") {
            open.append(value)
        }
        while let node = open.popLast() {
            switch node.kind {
            case .array: open += node.elements
            case .object:
                take(node, into: &found)
                for (_, value) in node.members
                where value.kind == .object || value.kind == .array {
                    open.append(value)
                }
            default: continue
            }
        }
    }

    private static func take(_ node: JSONNode, into found: inout Found) {
        if let code = node["code"]?.string, let system = node["system"]?.string {
            found.codes.append(CodedValue(system: system, code: code))
        }
        if let type = node["contentType"]?.string {
            found.codes.append(CodedValue(system: CodeSystem.mediaType, code: type))
        }
        if node["reference"]?.kind == .string || node["identifier"]?.kind == .object {
            found.references += ReadReference(node)?.keys ?? []
        }
    }
}
