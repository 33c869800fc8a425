internal import FHIRModel
internal import Yams

extension PolicyParser {
    private static let keys: Set<String> = [
        "requester", "role", "role_none", "relationship", "relationship_none", "organization",
        "purpose", "action", "patient_age", "patient_status", "evidence", "break_glass",
        "category", "category_none", "type", "type_none", "label", "label_none", "record",
        "newer_than_days", "consent_names_label",
    ]

    mutating func condition(_ node: Node) -> PolicyRule.Condition {
        var result = PolicyRule.Condition()
        guard let fields = fields(of: node, allowed: Self.keys) else { return result }
        if fields.isEmpty { fail("a condition without a key", at: node) }
        let kinds: [RequesterKind] = values(fields["requester"], "a kind of requester")
        result.kinds = kinds.reduce(0) { $0 | $1.bit }
        result.roles = texts(fields["role"])
        result.rolesNone = texts(fields["role_none"])
        let relationships: [Relationship] = values(fields["relationship"], "a relationship")
        result.relationships = relationships.reduce(0) { $0 | $1.bit }
        let excluded: [Relationship] = values(fields["relationship_none"], "a relationship")
        result.relationshipsNone = excluded.reduce(0) { $0 | $1.bit }
        result.organizations = texts(fields["organization"])
        result.purposes = purposes(fields["purpose"])
        result.actions = values(fields["action"], "an action")
        let evidence: [Evidence] = values(fields["evidence"], "a kind of evidence")
        result.evidence = evidence.reduce(0) { $0 | $1.bit }
        result.breakGlass = value(fields["break_glass"], "a state of the break-glass")
        readPatient(fields, into: &result)
        readRecord(fields, into: &result.record)
        return result
    }

    private mutating func purposes(_ node: Node?) -> PurposeSet {
        let codes = texts(node)
        for code in codes where !PurposeSet.knows(code) {
            if let node { fail("`\(code)` is no v3 PurposeOfUse", at: node) }
        }
        return PurposeSet(codes)
    }

    private mutating func readPatient(
        _ fields: [String: Node],
        into result: inout PolicyRule.Condition
    ) {
        if let node = fields["patient_age"],
            let bounds = self.fields(of: node, allowed: ["from", "under"])
        {
            result.ageFrom = years(bounds["from"])
            result.ageUnder = years(bounds["under"])
            if bounds.isEmpty { fail("an age without a bound", at: node) }
        }
        switch fields["patient_status"].map({ text(of: $0) ?? "" }) {
        case nil: break
        case "alive"?: result.isDeceased = false
        case "deceased"?: result.isDeceased = true
        default: if let node = fields["patient_status"] { fail("unknown status", at: node) }
        }
    }

    private mutating func years(_ node: Node?) -> Int? {
        guard let node else { return nil }
        guard let years = text(of: node).flatMap({ Int($0) }), (0...150).contains(years) else {
            fail("expected an age in whole years", at: node)
            return nil
        }
        return years
    }

    private mutating func readRecord(
        _ fields: [String: Node],
        into record: inout PolicyRule.RecordCondition
    ) {
        let categories: [DataCategory] = values(fields["category"], "a data category")
        record.categories = categories.reduce(0) { $0 | $1.bit }
        let excluded: [DataCategory] = values(fields["category_none"], "a data category")
        record.categoriesNone = excluded.reduce(0) { $0 | $1.bit }
        record.types = types(fields["type"])
        record.typesNone = types(fields["type_none"])
        let labels: [SensitivityLabel] = values(fields["label"], "a sensitivity label")
        record.labels = LabelSet(labels).bits
        let absent: [SensitivityLabel] = values(fields["label_none"], "a sensitivity label")
        record.labelsNone = LabelSet(absent).bits
        record.consent = value(fields["consent_names_label"], "a way to name a label")
        if let node = fields["consent_names_label"], record.labels == 0 {
            fail("`consent_names_label` needs `label`", at: node)
        }
        if let node = fields["newer_than_days"] {
            record.newerThanDays = text(of: node).flatMap { Int($0) }
            if record.newerThanDays == nil { fail("expected a number of days", at: node) }
        }
        for node in fields["record"].map({ markNodes($0) }) ?? [] {
            guard let text = text(of: node), let mark = Self.marks[text] else {
                fail("unknown mark of a record", at: node)
                continue
            }
            record.marks.insert(mark)
        }
    }

    private func markNodes(_ node: Node) -> [Node] {
        if case .sequence(let sequence) = node { return Array(sequence) }
        return [node]
    }

    private static let marks: [String: PolicyRule.Marks] = [
        "authored-by-requester": .author, "claim-in-question": .claim,
        "billed-by-claim": .billed, "own-coverage": .coverage, "self-paid": .selfPaid,
        "minor-controlled": .minorControlled,
    ]

    private mutating func types(_ node: Node?) -> [String] {
        let names = texts(node)
        for name in names where ResourceType(rawValue: name) == nil {
            if let node { fail("`\(name)` is no FHIR R4 resource type", at: node) }
        }
        return names
    }
}
