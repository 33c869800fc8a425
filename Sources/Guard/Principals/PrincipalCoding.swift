internal import Consent
internal import VaultCore

extension Principal {
    /// The principal as its log entry and the state keep it.
    var json: JSONValue {
        [
            "id": .string(id.text),
            "kind": .string(requester.kind.rawValue),
            "name": .string(name),
            "references": .strings(requester.references),
            "identifiers": .array(
                requester.identifiers.map {
                    ["system": .string($0.system), "value": .string($0.value)]
                }
            ),
            "organization": requester.organization.map { .string($0.text) } ?? .null,
            "roles": .strings(requester.roles),
            "publicKey": .string(Base64.encode(publicKey)),
            "disabled": .bool(isDisabled),
        ]
    }

    init(json: JSONValue) throws(GuardError) {
        guard let id = json["id"]?.string.flatMap({ PrincipalID($0) }),
            let kind = json["kind"]?.string.flatMap(RequesterKind.init(rawValue:)),
            let name = json["name"]?.string,
            let references = json["references"]?.array?.compactMap(\.string),
            let identifiers = json["identifiers"]?.array,
            let roles = json["roles"]?.array?.compactMap(\.string),
            let publicKey = json["publicKey"]?.string.flatMap({ Base64.decode($0) }),
            let isDisabled = json["disabled"]?.bool
        else { throw .damagedState }
        var known: [BusinessIdentifier] = []
        for identifier in identifiers {
            guard let system = identifier["system"]?.string,
                let value = identifier["value"]?.string
            else { throw .damagedState }
            known.append(BusinessIdentifier(system: system, value: value))
        }
        self.init(
            id: id,
            name: name,
            requester: Requester(
                kind: kind,
                references: references,
                identifiers: known,
                organization: json["organization"]?.string.map {
                    OrganizationDesignation($0)
                },
                roles: roles,
                principal: id
            ),
            publicKey: publicKey
        )
        self.isDisabled = isDisabled
    }
}

extension OrganizationDesignation {
    /// The text from which `OrganizationDesignation(_:)` makes the same value.
    var text: String {
        switch self {
        case .reference(let reference): reference
        case .identifier(let system, let value): "\(system)|\(value)"
        case .name(let name): name
        }
    }
}
