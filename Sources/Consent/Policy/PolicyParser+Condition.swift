internal import FHIRModel
internal import Yams

extension PolicyParser {
    mutating func condition(_ node: Node) -> PolicyRule.Condition {
        guard let fields = fields(of: node, keys: PolicyGrammar.condition) else {
            return PolicyRule.Condition()
        }
        if fields.isEmpty { fail("a condition without a key", at: node) }
        return condition(fields)
    }

    /// A condition from its keys; the prover's statements have more of them beside.
    mutating func condition(_ fields: [String: Node]) -> PolicyRule.Condition {
        var result = PolicyRule.Condition()
        let kinds: [RequesterKind] = values(fields["requester"], "a kind of requester")
        result.kinds = kinds.reduce(0) { $0 | $1.bit }
        result.roles = texts(fields["role"])
        result.rolesNone = texts(fields["role_none"])
        let relationships: [Relationship] = values(fields["relationship"], "a relationship")
        result.relationships = relationships.reduce(0) { $0 | $1.bit }
        let excluded: [Relationship] = values(fields["relationship_none"], "a relationship")
        result.relationshipsNone = excluded.reduce(0) { $0 | $1.bit }
        result.organizations = texts(fields["organization"])
        result.organizationsNone = texts(fields["organization_none"])
        result.purposes = purposes(fields["purpose"])
        result.actions = values(fields["action"], "an action")
        let evidence: [Evidence] = values(fields["evidence"], "a kind of evidence")
        result.evidence = evidence.reduce(0) { $0 | $1.bit }
        result.breakGlass = value(fields["break_glass"], "a state of the break-glass")
        result.consents = options(
            fields["consent"],
            PolicyGrammar.consentStates,
            "a state of the consents"
        )
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
            let bounds = self.fields(of: node, keys: PolicyGrammar.age)
        {
            result.ageFrom = number(bounds["from"], upTo: 150, "an age in whole years")
            result.ageUnder = number(bounds["under"], upTo: 150, "an age in whole years")
            if bounds.isEmpty { fail("an age without a bound", at: node) }
            if let from = result.ageFrom, let under = result.ageUnder, under <= from {
                fail("an age that nobody has", at: node)
            }
        }
        guard let node = fields["patient_status"] else { return }
        switch node.string {
        case "alive": result.isDeceased = false
        case "deceased": result.isDeceased = true
        default: fail("`\(node.string ?? "?")` is not a status", at: node)
        }
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
        record.marks = options(fields["record"], PolicyGrammar.marks, "a mark of a record")
        record.authors = options(fields["author"], PolicyGrammar.authors, "an author")
        record.encounters = options(fields["encounter"], PolicyGrammar.encounters, "an encounter")
        readTime(fields, into: &record)
        record.consent = value(fields["consent_names_label"], "a way to name a label")
        if let node = fields["consent_names_label"], record.labels == 0 {
            fail("`consent_names_label` needs `label`", at: node)
        }
    }

    private mutating func readTime(
        _ fields: [String: Node],
        into record: inout PolicyRule.RecordCondition
    ) {
        let limit = 73_000
        if let node = fields["newer_than_days"] {
            let days = number(node, upTo: limit, "a number of days")
            record.time = PolicyRule.DataTime(newerThanDays: days)
            if fields["data_time"] != nil { fail("`data_time` says it already", at: node) }
        }
        guard let node = fields["data_time"],
            let bounds = self.fields(of: node, keys: PolicyGrammar.dataTime)
        else { return }
        if bounds.isEmpty { fail("a time without a bound", at: node) }
        let time = PolicyRule.DataTime(
            newerThanDays: number(bounds["newer_than_days"], upTo: limit, "a number of days"),
            olderThanDays: number(bounds["older_than_days"], upTo: limit, "a number of days"),
            from: date(bounds["from"]),
            until: date(bounds["until"])
        )
        if let from = time.from, let until = time.until, until < from {
            fail("a time that ends before it begins", at: node)
        }
        record.time = time
    }

    private mutating func types(_ node: Node?) -> [String] {
        let names = texts(node)
        for name in names where ResourceType(rawValue: name) == nil {
            if let node { fail("`\(name)` is no FHIR R4 resource type", at: node) }
        }
        return names
    }
}
