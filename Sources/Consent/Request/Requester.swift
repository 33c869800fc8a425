public import VaultCore

/// What kind of principal asks; the kinds of `principal new --kind`.
public enum RequesterKind: String, Sendable, Hashable, CaseIterable {
    /// A person who treats patients.
    case clinician
    /// A relative, carer or friend.
    case family
    /// A health plan; with role `life`, `disability`, `auto` or `employer` another insurer.
    case insurer
    /// A patient.
    case patient
    /// A program of somebody else.
    case integration
    /// Oversees privacy.
    case privacyOfficer = "privacy-officer"
    /// Oversees security.
    case securityOfficer = "security-officer"
    /// Keeps persons, relationships and coverage.
    case registrar
    /// Runs the vault.
    case administrator
    /// Does research.
    case researcher
    /// A public health authority.
    case publicHealth = "public-health"
    /// A health oversight agency.
    case oversight
    /// Police and prosecution.
    case lawEnforcement = "law-enforcement"
    /// A court or tribunal.
    case court
    /// Works for the provider under a contract.
    case businessAssociate = "business-associate"

    /// A number of its own, from 0.
    var place: Int {
        switch self {
        case .clinician: 0
        case .family: 1
        case .insurer: 2
        case .patient: 3
        case .integration: 4
        case .privacyOfficer: 5
        case .securityOfficer: 6
        case .registrar: 7
        case .administrator: 8
        case .researcher: 9
        case .publicHealth: 10
        case .oversight: 11
        case .lawEnforcement: 12
        case .court: 13
        case .businessAssociate: 14
        }
    }

    /// A bit of its own.
    var bit: UInt32 { 1 << UInt32(place) }
}

/// The organization a principal belongs to, as far as it is known.
public enum OrganizationDesignation: Sendable, Hashable {
    /// A literal reference, `Organization/1`.
    case reference(String)
    /// A business identifier.
    case identifier(system: String, value: String)
    /// Only a display text; good for nothing but the payer of a claim "by name only".
    case name(String)

    /// Reads a reference, `SYS|VAL` or a display name.
    ///
    /// - Parameter text: As given to `principal new --organization`.
    public init(_ text: String) {
        if let bar = text.lastIndex(of: "|") {
            let value = String(text[text.index(after: bar)...])
            self = .identifier(system: String(text[..<bar]), value: value)
        } else if RecordID(text) != nil {
            self = .reference(text)
        } else {
            self = .name(text)
        }
    }
}

/// A business identifier of a person or organization.
public struct BusinessIdentifier: Sendable, Hashable {
    /// Namespace URI.
    public let system: String
    /// Unique in its namespace.
    public let value: String
    /// `SYS|VAL`, the form in which identities are compared.
    public let key: String

    /// Joins a system and a value.
    ///
    /// - Parameters:
    ///   - system: Namespace URI.
    ///   - value: Unique in its namespace.
    public init(system: String, value: String) {
        self.system = system
        self.value = value
        key = "\(system)|\(value)"
    }
}

/// Who asks, as the consent rules see them.
public struct Requester: Sendable, Hashable {
    /// What kind of principal.
    public var kind: RequesterKind
    /// FHIR resources the principal is: `Practitioner/1`, `RelatedPerson/2`, `Organization/3`.
    public var references: [String] { didSet { keys = Self.keys(references, identifiers) } }
    /// Business identifiers of the principal.
    public var identifiers: [BusinessIdentifier] {
        didSet { keys = Self.keys(references, identifiers) }
    }
    /// Where the principal belongs.
    public var organization: OrganizationDesignation? {
        didSet { organizationKeys = Self.keys(of: organization) }
    }
    /// Roles, `nurse`, `life`, `billing`.
    public var roles: [String]
    /// Id in the vault; `nil` where decisions are replayed without one.
    public var principal: PrincipalID?
    /// References and identifiers in the form in which facts name them; joined once, for every decision
    /// begins with them.
    private(set) var keys: [String]
    /// The same of the organization; none where it has only a name.
    private(set) var organizationKeys: [String]

    /// Describes who asks.
    ///
    /// - Parameters:
    ///   - kind: What kind of principal.
    ///   - references: FHIR resources the principal is.
    ///   - identifiers: Business identifiers.
    ///   - organization: Where the principal belongs.
    ///   - roles: Roles.
    ///   - principal: Id in the vault.
    public init(
        kind: RequesterKind,
        references: [String] = [],
        identifiers: [BusinessIdentifier] = [],
        organization: OrganizationDesignation? = nil,
        roles: [String] = [],
        principal: PrincipalID? = nil
    ) {
        self.kind = kind
        self.references = references
        self.identifiers = identifiers
        self.organization = organization
        self.roles = roles
        self.principal = principal
        keys = Self.keys(references, identifiers)
        organizationKeys = Self.keys(of: organization)
    }

    private static func keys(
        _ references: [String],
        _ identifiers: [BusinessIdentifier]
    ) -> [String] {
        identifiers.isEmpty ? references : references + identifiers.map(\.key)
    }

    /// What its organization is called, where it has only a name.
    var organizationName: String? {
        if case .name(let name)? = organization { name } else { nil }
    }

    private static func keys(of organization: OrganizationDesignation?) -> [String] {
        switch organization {
        case .reference(let key)?: [key]
        case .identifier(let system, let value)?: ["\(system)|\(value)"]
        case .name?, nil: []
        }
    }

    /// Whether the principal can be told from every other; a break-glass needs it.
    public var isIdentified: Bool {
        principal != nil || !references.isEmpty || !identifiers.isEmpty
    }
}
