internal import Consent
internal import VaultCore

extension Principal {
    /// Parts that this vault lets a principal play in a breach case until a roster is declared.
    ///
    /// Everybody may report. Officers and administrators have a part by their kind; further parts are
    /// registered as roles, which only an administrator or a registrar can do.
    public var incidentRoles: [String] {
        var roles: Set<String> = ["reporter"]
        switch requester.kind {
        case .privacyOfficer: roles.insert("privacy-officer")
        case .securityOfficer: roles.formUnion(["security-engineer", "scribe"])
        case .administrator: roles.formUnion(["commander", "system-owner"])
        default: break
        }
        switch requester.kind {
        case .privacyOfficer, .securityOfficer, .administrator, .oversight, .registrar,
            .businessAssociate, .clinician:
            roles.formUnion(requester.roles.filter { Self.parts.contains($0) })
        default: break
        }
        return roles.sorted()
    }

    /// Whether more than reporting is open to this principal.
    var isResponder: Bool { incidentRoles != ["reporter"] }

    private static let parts: Set<String> = [
        "privacy-officer", "commander", "security-engineer", "scribe", "counsel", "communications",
        "system-owner", "reviewer",
    ]
}
