internal import FHIRModel
internal import VaultCore

extension DecideLineReader {
    private static let factKeys: Set<String> = [
        "breakGlass", "claim", "evidence", "restrictions", "part2Organizations",
    ]

    /// Facts of the resources and consents of the line; one without an id gets a place of its own.
    mutating func facts() -> PatientFacts {
        var facts = PatientFacts()
        for (number, node) in root.list("resources").enumerated() {
            merge(node, number: number, into: &facts)
        }
        for (number, node) in consents().enumerated() {
            var fact = Fact(.consent)
            fact.source = node.withBytes { String(decoding: $0, as: UTF8.self) }
            let id = FHIRID("line-\(number)").map { RecordID(type: "Consent", id: $0) }
            guard let id else { continue }
            facts.merge(PatientFacts.Entry(origin: id, version: 1, facts: [fact]))
        }
        return facts
    }

    /// The consents of the line, also those inside a Bundle; an entry without a resource is a consent that
    /// nobody can read.
    private func consents() -> [JSONNode] {
        root.list("consents").flatMap { node in
            node.kind == .object && node.text("resourceType") == "Bundle"
                ? node.list("entry").map { $0["resource"] ?? $0 } : [node]
        }
    }

    private mutating func merge(_ node: JSONNode, number: Int, into facts: inout PatientFacts) {
        guard node.kind == .object, let type = node.text("resourceType") else {
            problems.append("a resource that is none")
            return
        }
        if type == "Bundle" {
            for (place, entry) in node.list("entry").enumerated() {
                guard let inner = entry.member(named: "resource") else { continue }
                merge(inner, number: 10_000 * (number + 1) + place, into: &facts)
            }
            return
        }
        // Consents speak only where the line lists them as consents or as facts.
        let id = node.text("id").flatMap { FHIRID($0) } ?? FHIRID("line-\(number)")
        guard let id else { return }
        let origin = RecordID(type: type, id: id)
        let found = FactExtractor.facts(of: node)
        guard !found.isEmpty else { return }
        subjects[origin, default: []] += Self.subjects(of: node)
        if facts.entry(of: origin) != nil { problems.append("two resources with one id") }
        let known = facts.entry(of: origin)?.facts ?? []
        facts.merge(PatientFacts.Entry(origin: origin, version: 1, facts: known + found))
    }

    /// What the record itself states, except directives: those count where the line lists them.
    func merge(_ record: JSONNode, into facts: inout PatientFacts) {
        let detail = RecordReader.detail(of: record)
        guard let id = detail.id, facts.entry(of: id) == nil else { return }
        let found = FactExtractor.facts(of: record).filter {
            $0.kind != .consent && $0.kind != .group
        }
        guard !found.isEmpty else { return }
        facts.merge(PatientFacts.Entry(origin: id, version: 1, facts: found))
    }

    /// The facts of a line that are about one patient, or about nobody in particular.
    func facts(of patient: RecordID, in all: PatientFacts) -> PatientFacts {
        let own = Self.keys(of: patient, in: all)
        return PatientFacts(
            all.entries.filter { Self.isOwn(subjects[$0.origin] ?? [], own) }
        )
    }

    /// Whether a record is the patient's: it names no other patient as its subject.
    mutating func isOf(_ record: JSONNode, facts: PatientFacts, patient: RecordID) -> Bool {
        if Self.isOwn(Self.subjects(of: record), Self.keys(of: patient, in: facts)) { return true }
        problems.append("the record is another patient's")
        return false
    }

    /// Patients besides the subject whom a record names, each of whom must permit too; `nil` for one that
    /// cannot be told and so cannot permit.
    func otherPatients(
        in record: RecordAttributes,
        besides patient: RecordID,
        facts: PatientFacts
    ) -> [RecordID?] {
        let own = Self.keys(of: patient, in: facts)
        let named = (record.detail?.references ?? []).filter {
            ($0.hasPrefix("Patient/") || $0.contains("/Patient/")) && !Self.isOwn([$0], own)
        }
        return Set(named).sorted().map { text in
            RecordID(text.split(separator: "/").suffix(2).joined(separator: "/"))
        }
    }

    private static func keys(of patient: RecordID, in facts: PatientFacts) -> Set<String> {
        let identifiers = facts.entry(of: patient)?.facts.flatMap(\.identifiers) ?? []
        return Set(identifiers + [patient.description, "urn:uuid:\(patient.id.text)"])
    }

    /// Whether one of the named subjects is the patient, or none is named.
    private static func isOwn(_ subjects: [String], _ own: Set<String>) -> Bool {
        subjects.isEmpty
            || subjects.contains { key in
                own.contains(key)
                    || own.contains(key.split(separator: "/").suffix(2).joined(separator: "/"))
            }
    }

    /// The patients a resource is about, as it names them; other subjects, such as a group, are none.
    private static func subjects(of node: JSONNode) -> [String] {
        if node.text("resourceType") == "Patient" {
            return node.text("id").map { ["Patient/\($0)"] } ?? []
        }
        return ["subject", "patient", "beneficiary", "for"].flatMap { node.list($0) }
            .flatMap { ReadReference($0)?.keys ?? [] }
            .filter { $0.contains("Patient/") || $0.hasPrefix("urn:uuid:") || $0.contains("|") }
    }

    /// Evidence, claim and restrictions under `facts`; an unknown key may hold a restriction and denies.
    mutating func readFacts(into request: inout AccessRequest) -> Bool {
        guard let node = root["facts"], node.kind != .null else { return true }
        guard node.kind == .object else {
            problems.append("`facts` is no object")
            return false
        }
        for member in node.members {
            guard let name = member.key.string, Self.factKeys.contains(name) else {
                problems.append("an unknown key under `facts`")
                return false
            }
        }
        if let claim = node.text("claim") {
            guard let id = RecordID(claim) ?? FHIRID(claim).map({ RecordID(type: "Claim", id: $0) })
            else {
                problems.append("`claim` is no reference")
                return false
            }
            request.claim = .one(id)
        }
        for member in node["evidence"].map({ Array($0.members) }) ?? [] {
            guard let name = member.key.string, let kind = Evidence(rawValue: name),
                let value = member.value.string ?? member.value.text("document"), !value.isEmpty
            else {
                problems.append("evidence that is unknown or without a document")
                return false
            }
            request.evidence[kind] = value
        }
        return true
    }

    /// The claim in question: the one named, else that of the line's facts or the record itself.
    func withClaim(_ request: AccessRequest, record: RecordAttributes?) -> AccessRequest {
        guard request.requester.kind == .insurer, request.claim == .none else { return request }
        var request = request
        request.claim = .all
        if let id = record?.detail?.id,
            ["Claim", "ExplanationOfBenefit", "ClaimResponse"].contains(id.type)
        {
            request.claim = .one(id)
        }
        return request
    }

    /// What a representative may decide on, as the vault's `evidence` command would state it:
    /// `{"document": …, "categories": […]}`.
    mutating func representation(
        of requester: Requester?,
        into facts: inout PatientFacts
    ) -> Bool {
        guard let node = root["facts"]?["evidence"]?["representation"], node.kind == .object,
            let requester, let id = FHIRID("line-representation")
        else { return true }
        let categories = node.list("categories").map { $0.string ?? "" }
        guard !categories.isEmpty, categories.allSatisfy({ DataCategory(rawValue: $0) != nil })
        else {
            problems.append("a representation for categories that nobody knows")
            return false
        }
        var fact = Fact(.evidence)
        fact.evidence = .representation
        fact.links = categories
        fact.parties = requester.keys.map { key in
            key.contains("|")
                ? Party(role: .holder, identifier: key) : Party(role: .holder, reference: key)
        }
        let origin = RecordID(type: "Evidence", id: id)
        facts.merge(PatientFacts.Entry(origin: origin, version: 1, facts: [fact]))
        return true
    }

    /// Restrictions of the line, as the vault's `restrict` command would state them.
    mutating func restrictions(into facts: inout PatientFacts) -> Bool {
        for (number, node) in (root["facts"]?.list("restrictions") ?? []).enumerated() {
            guard let kind = node.text("kind").flatMap({ RestrictionKind(rawValue: $0) }),
                let id = FHIRID("line-\(number)")
            else {
                problems.append("a restriction that is unknown")
                return false
            }
            var fact = Fact(.restriction)
            fact.restriction = kind
            fact.links = node.list("items").compactMap(\.string)
            fact.period = node.period("period")
            for person in node.list("blocked").compactMap(\.string) {
                let isIdentifier = person.contains("|")
                fact.parties.append(
                    Party(
                        role: .blocked,
                        reference: isIdentifier ? nil : person,
                        identifier: isIdentifier ? person : nil
                    )
                )
            }
            let origin = RecordID(type: "Restriction", id: id)
            facts.merge(PatientFacts.Entry(origin: origin, version: 1, facts: [fact]))
        }
        return true
    }
}
