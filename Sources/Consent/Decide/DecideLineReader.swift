internal import FHIRModel
internal import VaultCore

/// Reads the parts of a `policy decide` line; what is wrong with the question itself ends it.
struct DecideLineReader {
    struct Question {
        var request: AccessRequest
        var facts: PatientFacts
        var record: JSONNode?
    }

    let root: JSONNode
    var problems: [String] = []
    /// The patients that each resource of the line is about.
    var subjects: [RecordID: [String]] = [:]

    init(_ root: JSONNode) {
        self.root = root
    }

    private static let known: Set<String> = [
        "id", "now", "consents", "resources", "requester", "patient", "purpose", "action",
        "record", "facts",
    ]

    mutating func read() -> Question? {
        noteUnknownKeys()
        let now = self.now()
        let requester = self.requester()
        var facts = self.facts()
        guard restrictions(into: &facts), representation(of: requester, into: &facts) else {
            return nil
        }
        let patient = self.patient(facts)
        let action = self.action()
        let purposes = root.list("purpose").compactMap(Self.purpose)
        if purposes.isEmpty { problems.append("no purpose") }
        if purposes.count != root.list("purpose").count {
            problems.append("a purpose that is no code")
            return nil
        }
        guard let now, let requester, let patient, let action else { return nil }
        var request = AccessRequest(
            requester: requester,
            patient: patient,
            purposes: purposes,
            action: action,
            now: now,
            breakGlass: breakGlass()
        )
        guard readFacts(into: &request) else { return nil }
        var record = root["record"]
        if record?.kind == .null { record = nil }
        if let record, record.kind != .object || record.text("resourceType") == nil {
            problems.append("the record is no resource")
            return nil
        }
        return Question(request: request, facts: facts, record: record)
    }

    private mutating func noteUnknownKeys() {
        for member in root.members {
            guard let name = member.key.string, !Self.known.contains(name),
                name != "breakGlass"
            else { continue }
            problems.append("a key that is not read")
        }
    }

    private mutating func now() -> Instant? {
        guard let text = root.text("now"), let date = PartialDate(text) else {
            problems.append("`now` is no date or time")
            return nil
        }
        return TimeBounds.start(of: date)
    }

    private mutating func action() -> AccessAction? {
        guard let name = root["action"] else { return .read }
        guard let action = name.string.flatMap({ AccessAction(name: $0) }) else {
            problems.append("the action is unknown")
            return nil
        }
        return action
    }

    /// A code, `SYS|CODE` or a Coding.
    private static func purpose(_ node: JSONNode) -> String? {
        if let text = node.string { return text.isEmpty ? nil : text }
        guard let coding = node.codings.first else { return nil }
        return coding.system.isEmpty || coding.system == CodeSystem.actReason
            ? coding.code : coding.description
    }

    private mutating func breakGlass() -> EmergencyOverride? {
        let node = root["breakGlass"] ?? root["facts"]?["breakGlass"]
        guard let node, node.kind != .null else { return nil }
        if let reason = node.string { return EmergencyOverride(reason: reason) }
        return EmergencyOverride(reason: node.text("reason") ?? "", note: node.text("note"))
    }

    // MARK: persons

    private mutating func requester() -> Requester? {
        guard let node = root["requester"], node.kind == .object,
            let kind = node.text("kind").flatMap({ RequesterKind(rawValue: $0) })
        else {
            problems.append("the requester has no kind that is known")
            return nil
        }
        var requester = Requester(kind: kind)
        for key in ["reference", "references"] {
            for item in node.list(key) {
                let read =
                    item.string.map { ReadReference.read($0) }
                    ?? ReadReference(item).map { ($0.reference, $0.identifier) }
                if let reference = read?.0 { requester.references.append(reference) }
                if let key = read?.1 { requester.add(key) }
            }
        }
        for key in ["identifier", "identifiers"] {
            for item in node.list(key) {
                guard let text = item.string ?? item.identifierKey, text.contains("|") else {
                    problems.append("an identifier without a system")
                    continue
                }
                requester.add(text)
            }
        }
        if let organization = node["organization"] {
            requester.organization = self.organization(organization)
        }
        requester.roles = (node.list("role") + node.list("roles")).compactMap { item in
            item.string ?? item.codings.first?.code
        }
        return requester
    }

    private func organization(_ node: JSONNode) -> OrganizationDesignation? {
        if let text = node.string { return text.isEmpty ? nil : OrganizationDesignation(text) }
        guard let read = ReadReference(node) else {
            return node.identifierKey.map { OrganizationDesignation($0) }
        }
        if let reference = read.reference { return OrganizationDesignation(reference) }
        if let key = read.identifier { return OrganizationDesignation(key) }
        return read.display.map { .name($0) }
    }

    /// `Patient/1`, a bare id, an absolute URL, `SYS|VAL`, or a Reference.
    private mutating func patient(_ facts: PatientFacts) -> RecordID? {
        guard let node = root["patient"] else {
            problems.append("`patient` is missing")
            return nil
        }
        var text = node.string ?? ""
        if node.kind == .object {
            let read = ReadReference(node)
            text = read?.reference ?? read?.identifier ?? node.identifierKey ?? ""
        }
        if text.contains("|") {
            let found = facts.entries.filter { entry in
                entry.origin.type == "Patient"
                    && entry.facts.contains { $0.identifiers.contains(text) }
            }
            if found.count == 1 { return found[0].origin }
        } else if let id = RecordID(text) {
            return id.type == "Patient" ? id : nil
        } else if let id = FHIRID(text) {
            return RecordID(type: "Patient", id: id)
        } else {
            let parts = text.split(separator: "/")
            if parts.count > 2, let id = RecordID(parts.suffix(2).joined(separator: "/")),
                id.type == "Patient"
            {
                return id
            }
        }
        problems.append("`patient` names no patient that is known")
        return nil
    }
}

extension Requester {
    /// Adds an identifier given as `SYS|VAL`.
    fileprivate mutating func add(_ key: String) {
        guard let bar = key.lastIndex(of: "|") else { return }
        identifiers.append(
            BusinessIdentifier(
                system: String(key[..<bar]),
                value: String(key[key.index(after: bar)...])
            )
        )
    }
}
