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
        if let home = elements(patient["address"]).first(where: { $0["use"]?.string != "old" }) {
            identity.address =
                elements(home["line"]).compactMap(\.string)
                + [home["postalCode"], home["city"], home["state"], home["country"]]
                .compactMap { $0?.string }
            let country = home["country"]?.string
            let state = home["state"]?.string
            identity.residence = country.map {
                $0 == "US" && state != nil ? "US-\(state ?? "")" : $0
            }
        }
        identity.language =
            elements(patient["communication"]).first?["language"].flatMap {
                elements($0["coding"]).first?["code"]?.string
            }
        return identity
    }

    private static func elements(_ node: JSONNode?) -> [JSONNode] {
        guard let node, node.kind == .array else { return [] }
        return Array(node.elements)
    }
}
