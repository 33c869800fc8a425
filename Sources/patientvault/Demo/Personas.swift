internal import Consent
internal import Guard
internal import Vault
internal import VaultCore

/// The people and programs of the demo; their keys lie in `keys-example/`, for everybody to use.
struct Personas {
    let folder: String
    let principals: [Principal]

    /// Reads `keys-example/personas.json`.
    init() throws {
        folder = try ShippedFolder.find(
            "keys-example",
            variable: "PATIENTVAULT_EXAMPLE_KEYS",
            having: "personas.json"
        )
        let json = JSONValue(parsing: try Files.read(folder + "/personas.json"))
        let read = (json?.array ?? []).compactMap(Self.principal)
        guard !read.isEmpty, read.count == json?.array?.count else {
            throw Complaint.badInput(
                "`personas.json` cannot be read",
                hint: "take the file of the repository"
            )
        }
        principals = read
    }

    /// Registers all of them, each with an entry of its own.
    func register(in vault: OpenVault) throws {
        for principal in principals {
            try vault.core.register(principal, by: .operator, context: vault.context)
        }
    }

    private static func principal(_ json: JSONValue) -> Principal? {
        guard let id = json["id"]?.string.flatMap({ PrincipalID($0) }),
            let kind = json["kind"]?.string.flatMap(RequesterKind.init(rawValue:)),
            let name = json["name"]?.string,
            let key = json["publicKey"]?.string.flatMap({ Base64.decode($0) })
        else { return nil }
        let identifiers = (json["identifiers"]?.stringArray ?? [])
            .compactMap(Designation.identifier)
            .map { BusinessIdentifier(system: $0.system, value: $0.value) }
        let requester = Requester(
            kind: kind,
            references: json["fhir"]?.stringArray ?? [],
            identifiers: identifiers,
            organization: json["organization"]?.string.map { OrganizationDesignation($0) },
            roles: json["roles"]?.stringArray ?? [],
            principal: id
        )
        return Principal(id: id, name: name, requester: requester, publicKey: key)
    }
}
