public import VaultCore

/// What kind of thing a fact says.
public enum FactKind: String, Sendable, Hashable, CaseIterable {
    /// The patient: identifiers, birth date, death, general practitioner, country, language.
    case patient
    /// A related person: relationship codes, period, identifiers.
    case relatedPerson = "related-person"
    /// A practitioner's identifiers.
    case practitioner
    /// An organization's identifiers and names; with code ``Fact/part2Program`` a Part 2 program.
    case organization
    /// Which practitioner works for which organization.
    case practitionerRole = "practitioner-role"
    /// Members of a care team.
    case careTeam = "care-team"
    /// Members of a group that a consent may name.
    case group
    /// An encounter's participants and provider, and what it belongs to.
    case encounter
    /// Who ordered something and who is to do it.
    case order
    /// Who takes part in an appointment.
    case appointment
    /// Who pays.
    case coverage
    /// A claim, its response or an explanation of benefit: payer, and what it bills.
    case claim
    /// What the patient directed.
    case consent
    /// A restriction that the vault agreed to or must agree to.
    case restriction
    /// A document that gives somebody a legal ground, as an officer has seen it.
    case evidence
}

/// A person or organization named in a record, as it is named there.
public struct Party: Sendable, Hashable {
    /// What the party does in the record.
    public enum Role: String, Sendable, Hashable {
        /// Takes part: encounter, appointment, care team, group.
        case participant
        /// Ordered it.
        case requester
        /// Is to do it, or did it.
        case performer
        /// The patient's general practitioner.
        case generalPractitioner = "general-practitioner"
        /// The practitioner of a PractitionerRole.
        case practitioner
        /// Organization of a role, provider of an encounter, manager of a patient or care team.
        case organization
        /// Payor of a coverage, insurer of a claim, insurance of a claim.
        case payer
        /// Who holds the policy.
        case subscriber
        /// Provider of a claim.
        case provider
        /// Person a restriction blocks.
        case blocked
        /// Holds a document.
        case holder
    }

    /// What the party does in the record.
    public var role: Role
    /// Literal reference, `Practitioner/1`.
    public var reference: String?
    /// Logical identifier, `SYS|VAL`.
    public var identifier: String?
    /// Display text; the only trace of the party where the other two are missing.
    public var display: String?
    /// When the party does it; open ends where not given.
    public var period: FactPeriod

    /// Names a party.
    ///
    /// - Parameters:
    ///   - role: What the party does in the record.
    ///   - reference: Literal reference.
    ///   - identifier: Logical identifier, `SYS|VAL`.
    ///   - display: Display text.
    ///   - period: When.
    public init(
        role: Role,
        reference: String? = nil,
        identifier: String? = nil,
        display: String? = nil,
        period: FactPeriod = .always
    ) {
        self.role = role
        self.reference = reference
        self.identifier = identifier
        self.display = display
        self.period = period
    }

    /// The keys the party can be recognised by; empty for a display text alone.
    var keys: [String] { [reference, identifier].compactMap { $0 } }
}

/// From when to when a fact holds, as written; a bound that cannot be read makes the fact hold never.
public struct FactPeriod: Sendable, Hashable {
    /// FHIR dateTime text of the start.
    public var start: String?
    /// FHIR dateTime text of the end; a whole day counts to its end.
    public var end: String?

    /// Joins two bounds.
    ///
    /// - Parameters:
    ///   - start: FHIR dateTime text, or `nil` for no bound.
    ///   - end: FHIR dateTime text, or `nil` for no bound.
    public init(start: String? = nil, end: String? = nil) {
        self.start = start
        self.end = end
    }

    /// Without bounds.
    public static let always = FactPeriod()

    /// Whether the period holds at an instant.
    ///
    /// - Parameter now: The instant.
    /// - Returns: False where a bound cannot be read.
    public func contains(_ now: Instant) -> Bool {
        guard start != nil || end != nil else { return true }
        guard let bounds = TimeBounds(start: start, end: end) else { return false }
        return bounds.contains(now)
    }
}

/// One thing the Guard knows about a patient or about the shared directory.
///
/// One shape for all kinds: what a kind does not use stays empty. ``PatientFacts`` keeps its origin.
public struct Fact: Sendable, Hashable {
    /// Marks an organization as a 42 CFR Part 2 program.
    public static let part2Program = CodedValue(system: CodeSystem.actCode, code: "42CFRPart2")
    /// Marks a claim or coverage without a payer: the patient pays.
    public static let selfPay = CodedValue(
        system: "urn:patientvault:fact",
        code: "self-pay"
    )

    /// What kind.
    public var kind: FactKind
    /// Whether its record's status lets it hold.
    public var isActive = true
    /// From when to when.
    public var period = FactPeriod.always
    /// Business identifiers of the record's subject, `SYS|VAL`.
    public var identifiers: [String] = []
    /// Persons and organizations in it.
    public var parties: [Party] = []
    /// Relationship codes, class, marks.
    public var codes: [CodedValue] = []
    /// Other records it stands for: what a claim bills, an encounter's episode, a restriction's items.
    public var links: [String] = []
    /// Names of an organization; display texts of payers stay in ``parties``.
    public var names: [String] = []
    /// Birth date of a patient, FHIR date text.
    public var birthDate: String?
    /// Death of a patient: dateTime text, or `true` where only the fact is known.
    public var deceased: String?
    /// Country of the patient's home address, as written.
    public var country: String?
    /// Preferred language of the patient, BCP 47.
    public var language: String?
    /// The Consent resource as received, for kind ``FactKind/consent``.
    public var source: String?
    /// What a restriction does, for kind ``FactKind/restriction``.
    public var restriction: RestrictionKind?
    /// What a document proves, for kind ``FactKind/evidence``; its number is in ``names``.
    public var evidence: Evidence?

    /// A fact with nothing but its kind.
    ///
    /// - Parameter kind: What kind.
    public init(_ kind: FactKind) {
        self.kind = kind
    }
}

/// What a restriction withholds, and from whom.
public enum RestrictionKind: String, Sendable, Hashable, CaseIterable {
    /// Items paid in full by the patient: never to a health plan (45 CFR 164.522(a)(1)(vi)).
    case selfPaidItem = "self-paid-item"
    /// A person who may not see the record; an emergency opens it.
    case blockedPerson = "blocked-person"
    /// A person who may not see the record, not even in an emergency.
    case blockedPersonAlways = "blocked-person-always"
    /// Nobody may see the linked items (all, where none is linked) by way of an emergency.
    case notEvenInAnEmergency = "not-even-in-an-emergency"
    /// An agreed restriction of the linked items (164.522(a)(1)(i)); an emergency opens it.
    case agreed = "agreed-restriction"
    /// An item that a minor alone controls: no parent sees it.
    case minorControlled = "minor-controlled"
}
