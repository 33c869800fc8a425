public import FHIRModel
public import VaultCore

/// What is to be done with the record.
public enum AccessAction: String, Sendable, Hashable, CaseIterable {
    /// Read, search, export or preview: data leaves.
    case read
    /// Create, update or correct: data enters.
    case write

    /// Reads an action by its name or by its code in FHIR's consentaction system.
    ///
    /// - Parameter name: `read`, `search`, `export`, `access`, `write`, `correct`, … `nil` comes back
    ///   where nobody defined the name.
    public init?(name: String) {
        switch name {
        case "read", "search", "vread", "history", "export", "preview", "access", "use", "disclose":
            self = .read
        case "write", "create", "update", "patch", "delete", "correct", "collect": self = .write
        default: return nil
        }
    }
}

/// Which claims a health plan asks about.
public enum ClaimScope: Sendable, Hashable {
    /// No claim is in question; coverage and eligibility only.
    case none
    /// One claim, explanation of benefit or claim response: `Claim/1`.
    case one(RecordID)
    /// Every claim of that plan; used where decisions are replayed one record at a time.
    case all
}

/// An emergency override as its clinician declares it.
public struct EmergencyOverride: Sendable, Hashable {
    /// One of ``reasons``.
    public var reason: String
    /// Free text for the officer.
    public var note: String?

    /// Declares an emergency.
    ///
    /// - Parameters:
    ///   - reason: One of ``reasons``; any other denies.
    ///   - note: Free text for the officer.
    public init(reason: String, note: String? = nil) {
        self.reason = reason
        self.note = note
    }

    /// The coded reasons, each readable for a patient: `Policies/emergency.yaml` explains them.
    public static let reasons: Set<String> = [
        "unconscious", "threat-to-life", "urgent-care", "covering-colleague", "expected-transfer",
        "safeguarding", "public-health-duty", "relationship-error",
    ]
}

/// A question to the rules: whether this requester may do this with this patient's record, now, for this.
///
/// Types, categories and dates narrow what is asked for; the caller leaves out what they exclude, the
/// rules do not look at them.
public struct AccessRequest: Sendable, Hashable {
    /// Who asks.
    public var requester: Requester {
        _read { yield asker.requester }
        set { asker = SharedRequester(newValue) }
    }
    private(set) var asker: SharedRequester
    /// Whose record: `Patient/1`.
    public var patient: RecordID
    /// v3 PurposeOfUse codes, matched exactly; every one must be permitted; none means no.
    public var purposes: [String]
    /// What is to be done.
    public var action: AccessAction
    /// When; the rules have no clock of their own.
    public var now: Instant
    /// An emergency override, if one is declared.
    public var breakGlass: EmergencyOverride?
    /// The claim in question.
    public var claim: ClaimScope = .none
    /// Documents that prove a legal ground, as verified by the Guard.
    public var evidence: [Evidence: String] = [:]
    /// Only data of this time or later.
    public var since: PartialDate?
    /// Only data of this time or earlier.
    public var until: PartialDate?
    /// Only these resource types; empty for all.
    public var types: [String] = []
    /// Only these data categories; empty for all.
    public var categories: [DataCategory] = []

    /// Asks a question.
    ///
    /// - Parameters:
    ///   - requester: Who asks.
    ///   - patient: Whose record.
    ///   - purposes: v3 PurposeOfUse codes.
    ///   - action: What is to be done.
    ///   - now: When.
    ///   - breakGlass: An emergency override.
    public init(
        requester: Requester,
        patient: RecordID,
        purposes: [String],
        action: AccessAction = .read,
        now: Instant,
        breakGlass: EmergencyOverride? = nil
    ) {
        asker = SharedRequester(requester)
        self.patient = patient
        self.purposes = purposes
        self.action = action
        self.now = now
        self.breakGlass = breakGlass
    }
}

/// A requester by reference, so that a copy of a request takes one count of it.
final class SharedRequester: Sendable, Hashable {
    let requester: Requester
    /// Whether a literal reference names it.
    let hasReference: Bool
    /// Whether a business identifier names it.
    let hasIdentifier: Bool

    init(_ requester: Requester) {
        self.requester = requester
        hasReference = requester.keys.contains { !$0.isIdentifierKey }
        hasIdentifier = requester.keys.contains { $0.isIdentifierKey }
    }

    static func == (left: SharedRequester, right: SharedRequester) -> Bool {
        left.requester == right.requester
    }

    func hash(into hasher: inout Hasher) { hasher.combine(requester) }
}

extension String {
    /// Whether a key is `SYS|VAL` and no literal reference.
    var isIdentifierKey: Bool { utf8.contains(0x7C) }
}

/// A document that proves a legal ground; its value is the document's id or number.
public enum Evidence: String, Sendable, Hashable, CaseIterable {
    /// Court order (45 CFR 164.512(e)(1)(i); 42 CFR 2.61-2.67 for Part 2 data).
    case courtOrder = "court-order"
    /// Subpoena with satisfactory assurance (45 CFR 164.512(e)(1)(ii)).
    case subpoenaAssurance = "subpoena-assurance"
    /// Warrant or other process of 45 CFR 164.512(f)(1).
    case lawEnforcementProcess = "law-enforcement-process"
    /// Statute or mandate of a public health authority (164.512(b)).
    case publicHealthMandate = "public-health-mandate"
    /// Written request of an oversight agency (164.512(d)).
    case oversightRequest = "oversight-request"
    /// Waiver of an IRB or privacy board (164.512(i)).
    case researchWaiver = "research-waiver"
    /// Data use agreement for a limited data set (164.514(e)).
    case dataUseAgreement = "data-use-agreement"
    /// Business associate contract (164.504(e)).
    case businessAssociateContract = "business-associate-contract"
    /// Qualified service organization agreement (42 CFR 2.11).
    case qualifiedServiceAgreement = "qualified-service-agreement"
    /// The patient agreed or did not object; how is noted (164.510(b)(2)).
    case patientAgreed = "patient-agreed"
    /// A clinician judged it in the patient's interest, patient absent or incapacitated (164.510(b)(3)).
    case professionalJudgement = "professional-judgement"
    /// Involved in care or payment before the patient died (164.510(b)(5)).
    case involvedInCare = "involved-in-care"
    /// Request for underwriting, rating or renewal of cover (164.502(a)(5)(i)).
    case underwriting = "underwriting"
    /// What a representative may decide on, as categories of data (164.502(g)(1)).
    case representation = "representation"

    /// A bit of its own.
    var bit: UInt32 { 1 << UInt32(place) }

    /// A number of its own.
    var place: Int {
        switch self {
        case .courtOrder: 0
        case .subpoenaAssurance: 1
        case .lawEnforcementProcess: 2
        case .publicHealthMandate: 3
        case .oversightRequest: 4
        case .researchWaiver: 5
        case .businessAssociateContract: 6
        case .qualifiedServiceAgreement: 7
        case .patientAgreed: 8
        case .professionalJudgement: 9
        case .involvedInCare: 10
        case .underwriting: 11
        case .dataUseAgreement: 12
        case .representation: 13
        }
    }
}
