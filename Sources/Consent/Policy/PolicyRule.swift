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
        var purposes = PurposeSet(bits: 0)
        var actions: [AccessAction] = []
        var ageFrom: Int?
        var ageUnder: Int?
        var isDeceased: Bool?
        var evidence: UInt32 = 0
        var breakGlass: BreakGlassState?
        var record = RecordCondition()
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
        var newerThanDays: Int?
        var consent: ConsentNaming?

        /// Whether it holds for every record.
        var isOpen: Bool { self == RecordCondition() }
    }

    /// What facts say of the record.
    struct Marks: OptionSet, Sendable, Hashable {
        let rawValue: UInt8
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
    var bit: UInt64 { Self.bits[self] ?? 0 }

    private static let bits = Dictionary(
        uniqueKeysWithValues: allCases.enumerated().map { ($1, UInt64(1) << UInt64($0)) }
    )
}
