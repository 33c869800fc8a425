internal import FHIRModel
internal import Guard
internal import VaultCore

/// Reads from a Patient resource what the blind index and letters need.
enum IdentityReader {
    static func identity(of patient: JSONNode) -> PatientIdentity {
        var identity = PatientIdentity()
        for name in elements(patient["name"]) {
            var words = elements(name["given"]).compactMap(\.string)
            if let family = name["family"]?.string { words.append(family) }
            if words.isEmpty, let text = name["text"]?.string { words = [text] }
            if !words.isEmpty { identity.names.append(words.joined(separator: " ")) }
        }
        identity.birthDate = patient["birthDate"]?.string
        for identifier in elements(patient["identifier"]) {
            guard let value = identifier["value"]?.string else { continue }
            identity.identifiers.append(
                PatientIdentity.Identifier(
                    system: identifier["system"]?.string ?? "",
                    value: value
                )
            )
        }
        for contact in elements(patient["telecom"]) where contact["system"]?.string == "phone" {
            if let value = contact["value"]?.string { identity.phones.append(value) }
        }
        let addresses = elements(patient["address"])
        if let home = addresses.first(where: { isUsable($0) && !isConfidential($0) }) {
            identity.address = lines(of: home)
            let country = home["country"]?.string
            let state = home["state"]?.string
            identity.residence = country.map {
                $0 == "US" && state != nil ? "US-\(state ?? "")" : $0
            }
        }
        if let other = addresses.first(where: { isUsable($0) && isConfidential($0) }) {
            identity.confidentialAddress = lines(of: other)
        }
        identity.isDeceased =
            patient["deceasedBoolean"]?.boolean == true || patient["deceasedDateTime"] != nil
        identity.representatives = elements(patient["contact"]).compactMap(representative)
        identity.language =
            elements(patient["communication"]).first?["language"].flatMap {
                elements($0["coding"]).first?["code"]?.string
            }
        return identity
    }

    /// A contact person of the record, where it has a name.
    private static func representative(_ contact: JSONNode) -> PatientIdentity.Representative? {
        guard let name = contact["name"].flatMap(fullName) else { return nil }
        var person = PatientIdentity.Representative(
            name: name,
            address: contact["address"].map { isUsable($0) ? lines(of: $0) : [] } ?? [],
            relationships: codes(of: contact)
        )
        take(contact["period"], into: &person)
        return person
    }

    /// Who a RelatedPerson resource says stands near the patient; inactive where it has no name or was deleted.
    static func representative(
        of related: JSONNode,
        named source: RecordID,
        isDeleted: Bool
    ) -> PatientIdentity.Representative {
        let name = elements(related["name"]).lazy.compactMap(fullName).first
        let home = elements(related["address"]).first { isUsable($0) }
        var person = PatientIdentity.Representative(
            name: name ?? "",
            address: home.map(lines) ?? [],
            relationships: codes(of: related),
            source: source
        )
        take(related["period"], into: &person)
        person.isActive = !isDeleted && name != nil && related["active"]?.boolean != false
        return person
    }

    private static func fullName(_ name: JSONNode) -> String? {
        var words = elements(name["given"]).compactMap(\.string)
        if let family = name["family"]?.string { words.append(family) }
        if words.isEmpty, let text = name["text"]?.string { words = [text] }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    private static func codes(of relation: JSONNode) -> [String] {
        elements(relation["relationship"]).flatMap { elements($0["coding"]) }
            .compactMap { $0["code"]?.string }
    }

    private static func take(
        _ period: JSONNode?,
        into person: inout PatientIdentity.Representative
    ) {
        person.start = period?["start"]?.string
        person.end = period?["end"]?.string
    }

    private static func lines(of address: JSONNode) -> [String] {
        elements(address["line"]).compactMap(\.string)
            + [address["postalCode"], address["city"], address["state"], address["country"]]
            .compactMap { $0?.string }
    }

    /// HL7 v3 AddressUse by FHIR's extension for it: `CONF` is a confidential address, `BAD` a useless one.
    private static func uses(of address: JSONNode) -> [String] {
        elements(address["extension"]).filter {
            $0["url"]?.string == "http://hl7.org/fhir/StructureDefinition/iso21090-AD-use"
        }.compactMap { $0["valueCode"]?.string }
    }

    private static func isConfidential(_ address: JSONNode) -> Bool {
        uses(of: address).contains("CONF")
    }

    private static func isUsable(_ address: JSONNode) -> Bool {
        address["use"]?.string != "old" && !uses(of: address).contains("BAD")
    }

    private static func elements(_ node: JSONNode?) -> [JSONNode] {
        guard let node, node.kind == .array else { return [] }
        return Array(node.elements)
    }
}
