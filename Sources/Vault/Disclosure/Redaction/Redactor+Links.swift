internal import FHIRModel
internal import VaultCore

extension Redactor {
    /// Writes an object that links to another record, or drops it; `nil` for every other object.
    mutating func emitLink(_ node: JSONNode) -> Fate? {
        if type == "Patient", path == ["link", "other"], !mayBeLinked(node) { return .dropped }
        if let reference = node["reference"], reference.kind == .string {
            let text = reference.string ?? ""
            if rules.mayRefer(toText: text, inside: kept) { return nil }
            return .dropped
        }
        if isLogicalReference(node) { return mayNameLogically(node) ? nil : .dropped }
        guard let url = node["url"]?.string, path.last != "extension",
            path.last != "modifierExtension", isRecord(url),
            !rules.mayRefer(toText: url, inside: kept)
        else { return nil }
        return emitAttachment(node)
    }

    /// Whether a Patient may say that it is linked to this person, or to this other patient.
    ///
    /// To a patient only where the rules permit that one too. A link that is no literal reference cannot be
    /// asked about.
    private func mayBeLinked(_ node: JSONNode) -> Bool {
        guard node["reference"] != nil || node["identifier"] != nil else { return true }
        guard let other = node["reference"]?.string.flatMap({ RecordID(literal: $0) }) else {
            return false
        }
        return other.type != "Patient" || rules.mayLink(other)
    }

    /// An attachment whose content stays behind keeps what it is, not what it says.
    private mutating func emitAttachment(_ node: JSONNode) -> Fate {
        let start = out.count
        out.append(0x7B)
        var count = 0
        for (key, value) in node.members {
            switch key.string ?? "" {
            case "contentType", "language":
                if count > 0 { out.append(0x2C) }
                copy(key.byteRange.lowerBound..<value.byteRange.upperBound)
                count += 1
            default: continue
            }
        }
        if count == 0 {
            out.removeLast(out.count - start)
            return .dropped
        }
        out.append(0x7D)
        return .changed
    }

    /// Whether the text of an attachment's `url` names a record: a page on the web is none.
    private func isRecord(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            let reference = FHIRReference(UnsafeRawBufferPointer(bytes))
            guard case .literal(let type) = reference.form else { return false }
            return reference.base.isEmpty || type == .binary
        }
    }

    /// A Reference that names its target by a business identifier alone.
    private func isLogicalReference(_ node: JSONNode) -> Bool {
        guard let identifier = node["identifier"], identifier.kind == .object,
            node["resourceType"] == nil
        else { return false }
        return node.members.allSatisfy { key, _ in
            ["id", "extension", "type", "identifier", "display", "_type", "_display"]
                .contains(key.string ?? "")
        }
    }

    /// People and organizations may be named by an identifier: they are nobody's record.
    private func mayNameLogically(_ node: JSONNode) -> Bool {
        if rules.view.keepsUnknown { return true }
        if let type = node["type"]?.string {
            guard let type = ResourceType(named: type) else { return false }
            return type == .patient || type.mayBeShared
        }
        return Self.names.contains(path.last ?? "")
    }

    /// Elements that name whose the record is and who acted.
    static let names: Set<String> = [
        "subject", "patient", "beneficiary", "subscriber", "policyHolder", "author", "performer",
        "recorder", "asserter", "requester", "enterer", "provider", "sender", "source", "insurer",
        "payor", "payee", "organization", "managingOrganization", "serviceProvider", "custodian",
        "individual", "actor", "member", "location", "facility", "party", "who", "onBehalfOf",
        "assigner", "recipient", "owner", "witness", "generalPractitioner", "informationSource",
        "interpreter", "resultsInterpreter", "manufacturer", "entity", "agent", "attester",
    ]

    /// Whether a resource inside this one may stay.
    func mayStay(_ node: JSONNode) -> Bool {
        guard rules.mayHold(node) else { return false }
        return node["id"]?.string.map { !orphans.contains($0) } ?? true
    }

    /// Collects what may be referred to inside the record: contained resources and entries of a Bundle.
    mutating func findLocalTargets() {
        for node in document.root.list("contained")
        where rules.mayHold(node) {
            if let id = node["id"]?.string { kept.insert("#" + id) }
        }
        guard type == "Bundle" else { return }
        for entry in document.root.list("entry") {
            guard let resource = entry["resource"], rules.mayHold(resource) else { continue }
            if let url = entry["fullUrl"]?.string { kept.insert(url) }
            if let type = resource["resourceType"]?.string, let id = resource["id"]?.string {
                kept.insert("\(type)/\(id)")
            }
            for inner in resource.list("contained")
            where rules.mayHold(inner) {
                if let id = inner["id"]?.string { kept.insert("#" + id) }
            }
        }
    }

    /// Finds contained resources that nothing written refers to any more; false where there is none.
    ///
    /// FHIR R4, dom-3: a contained resource is referred to from the one that contains it.
    mutating func findOrphans() -> Bool {
        let before = orphans.count
        for node in document.root.list("contained") {
            guard let id = node["id"]?.string, kept.contains("#" + id), !orphans.contains(id)
            else { continue }
            if !isReferred("\"#\(id)\"") { orphans.insert(id) }
        }
        return orphans.count > before
    }

    private func isReferred(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard out.count >= wanted.count else { return false }
        for start in 0...(out.count - wanted.count)
        where out[start] == 0x22 && out[start..<start + wanted.count].elementsEqual(wanted) {
            return true
        }
        return false
    }
}

extension RedactionRules {
    /// What is to become of a literal reference with its escapes undone.
    func mayRefer(toText text: String, inside kept: Set<String>) -> Bool {
        var text = text
        return text.withUTF8 { mayRefer(to: UnsafeRawBufferPointer($0), inside: kept) }
    }
}

extension JSONNode {
    /// The elements of a list, none where there is no such member.
    func list(_ name: String) -> [JSONNode] { member(named: name).map { Array($0.elements) } ?? [] }
}
