internal import FHIRModel
public import VaultCore

/// One rule of `Policies/`: what the law (or the product) says, as data.
public struct PolicyRule: Sendable, Hashable {
    /// What a rule does where it applies.
    public enum RuleEffect: String, Sendable, Hashable, CaseIterable {
        /// Allows, in its layer.
        case permit
        /// Forbids, in its layer.
        case deny
        /// Decides nothing; adds its obligations to whatever is released.
        case oblige
    }

    /// Unique in the policy set, `hard-psychotherapy-notes`.
    public let id: String
    /// Plain words.
    public let title: String
    /// Law or document, at least one.
    public let legalBasis: [String]
    /// First day it holds; `nil` for always.
    public let validFrom: CivilDate?
    /// Last day it holds; `nil` for ever.
    public let validTo: CivilDate?
    /// Countries (ISO 3166-1 alpha-2) of the patient's residence; empty for all.
    public let jurisdictions: [String]
    /// Where it speaks; `nil` for obligations.
    public let layer: Layer?
    /// What it does.
    public let effect: RuleEffect
    /// When it applies.
    public let when: Condition
    /// When it does not apply although ``when`` holds: any one of these.
    public let unless: [Condition]
    /// Codes of `Policies/obligations.yaml`.
    public let obligations: [String]
    /// Where it is written: `file:line`.
    public let source: String

    /// All that must hold together; what is empty is not asked.
    public struct Condition: Sendable, Hashable {
        var kinds: UInt32 = 0
        var roles: [String] = []
        var rolesNone: [String] = []
        var relationships: UInt32 = 0
        var relationshipsNone: UInt32 = 0
        var organizations: [String] = []
        var organizationsNone: [String] = []
        var purposes = PurposeSet(bits: 0)
        var actions: [AccessAction] = []
        var ageFrom: Int?
        var ageUnder: Int?
        var isDeceased: Bool?
        var evidence: UInt32 = 0
        var breakGlass: BreakGlassState?
        var consents: ConsentStates = []
        var record = RecordCondition()
    }

    /// What a rule may ask about the patient's consents as a whole; any of several.
    struct ConsentStates: OptionSet, Sendable, Hashable {
        let rawValue: UInt8
        /// No consent of the patient is in force, which is when implicit policies apply (IHE PCF).
        static let none = ConsentStates(rawValue: 1)
        /// A consent that can be read is in force, whatever it says.
        static let inForce = ConsentStates(rawValue: 2)
        /// A consent is in force that cannot be read.
        static let malformed = ConsentStates(rawValue: 4)
    }

    /// What a rule may ask of an emergency override.
    enum BreakGlassState: String, CaseIterable {
        case none
        case valid
        case invalid
    }

    /// The part of a condition that depends on the record.
    struct RecordCondition: Sendable, Hashable {
        var categories: UInt64 = 0
        var categoriesNone: UInt64 = 0
        var types: [String] = []
        var typesNone: [String] = []
        var labels: UInt32 = 0
        var labelsNone: UInt32 = 0
        var marks: Marks = []
        var authors: Marks = []
        var encounters: Marks = []
        var time: DataTime?
        var consent: ConsentNaming?

        /// Whether it holds for every record.
        var isOpen: Bool { self == RecordCondition() }

        /// Whether it asks more than masks can say.
        var isFine: Bool {
            !types.isEmpty || !typesNone.isEmpty || !marks.isEmpty || !authors.isEmpty
                || !encounters.isEmpty || time != nil || consent != nil
        }
    }

    /// What facts say of the record.
    struct Marks: OptionSet, Sendable, Hashable {
        let rawValue: UInt16
        /// The requester wrote it.
        static let author = Marks(rawValue: 1)
        /// It is a claim in question, its answer or its explanation of benefit.
        static let claim = Marks(rawValue: 2)
        /// A claim in question bills it.
        static let billed = Marks(rawValue: 4)
        /// It is a coverage of the requester.
        static let coverage = Marks(rawValue: 8)
        /// It is self-paid, or hangs on what is.
        static let selfPaid = Marks(rawValue: 16)
        /// A minor alone controls it.
        static let minorControlled = Marks(rawValue: 32)
        /// The requester's organization wrote it.
        static let authorOrganization = Marks(rawValue: 64)
        /// The patient wrote it.
        static let authorPatient = Marks(rawValue: 128)
        /// It is, or belongs to, an encounter in which the requester took part.
        static let ownEncounter = Marks(rawValue: 256)
        /// A document limits what the requester may decide on for the patient, and it is none of that.
        static let outsideRepresentation = Marks(rawValue: 512)

        static let count = 10
    }

    /// When what a record tells of must have happened; a record without a time meets no bound.
    struct DataTime: Sendable, Hashable {
        var newerThanDays: Int?
        var olderThanDays: Int?
        /// First day inside.
        var from: CivilDate?
        /// Last day inside.
        var until: CivilDate?
    }

    /// How a consent must name the labels of the rule.
    enum ConsentNaming: String, CaseIterable {
        /// It names label, recipient and purpose.
        case explicit
        /// It names label and purpose; the recipient may be a class of persons.
        case `class`
        /// It names label and recipient, and this purpose and no other.
        case separate
    }
}

/// How the requester stands to the patient, as the facts say.
enum Relationship: String, CaseIterable {
    case patient
    case treating
    case personalRepresentative = "personal-representative"
    case parent
    case related
    case planOfCoverage = "plan-of-coverage"
    case planOfClaim = "plan-of-claim"
    case part2Program = "part2-program"

    var bit: UInt32 {
        switch self {
        case .patient: 1
        case .treating: 2
        case .personalRepresentative: 4
        case .parent: 8
        case .related: 16
        case .planOfCoverage: 32
        case .planOfClaim: 64
        case .part2Program: 128
        }
    }
}

extension DataCategory {
    /// A bit of its own.
    var bit: UInt64 { 1 << UInt64(place) }

    /// Place in `allCases`.
    private var place: Int {
        switch self {
        case .demographics: 0
        case .relatedPersons: 1
        case .careTeam: 2
        case .allergies: 3
        case .conditions: 4
        case .medications: 5
        case .immunizations: 6
        case .vitalSigns: 7
        case .laboratory: 8
        case .imaging: 9
        case .procedures: 10
        case .visits: 11
        case .appointments: 12
        case .notes: 13
        case .documents: 14
        case .carePlans: 15
        case .orders: 16
        case .socialHistory: 17
        case .familyHistory: 18
        case .questionnaires: 19
        case .messages: 20
        case .tasks: 21
        case .billing: 22
        case .disputes: 23
        case .coverage: 24
        case .consents: 25
        case .education: 26
        case .feedback: 27
        case .devices: 28
        case .genomics: 29
        case .research: 30
        case .audit: 31
        case .directory: 32
        case .other: 33
        }
    }
}
