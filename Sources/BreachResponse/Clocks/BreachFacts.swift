internal import VaultCore

/// What is known of a breach, as far as a deadline may depend on it.
public struct BreachFacts: Sendable, Hashable {
    /// A statement that takes a duty away and so needs its proof.
    public struct Claim: Sendable, Hashable {
        /// What is claimed.
        public enum Kind: String, Sendable, Hashable, CaseIterable {
            /// Low probability of compromise by the four factors (45 CFR 164.402(2)).
            case lowProbability
            /// One of the three exceptions (45 CFR 164.402(1)).
            case exception
            /// Reliable evidence that nothing was acquired (16 CFR 318.2).
            case noAcquisition
            /// A documented finding that no harm or misuse is likely (some States).
            case noHarm
            /// Got back or deleted, so that the risk is greatly reduced (Korea).
            case recovered
            /// Action taken that removes the harm (Singapore, Australia).
            case remedied
            /// HITECH's own notice rule is followed (Washington).
            case hipaaFollowed
            /// Internal mail or message misdirected inside one facility (California).
            case internalMisdirected
        }

        /// Whether it is claimed at all.
        public var isMade: Bool
        /// Evidence ids; `nil` where the facts only say that the claim is documented.
        public var evidence: [String]?

        /// Makes a claim.
        ///
        /// - Parameters:
        ///   - isMade: Whether it is claimed.
        ///   - evidence: Evidence ids; an empty list means undocumented, `nil` documented elsewhere.
        public init(isMade: Bool, evidence: [String]? = nil) {
            self.isMade = isMade
            self.evidence = evidence
        }

        /// Whether it may take a duty away.
        public var holds: Bool { isMade && evidence?.isEmpty != true }
    }

    /// Risk to the persons in the words of the GDPR.
    public enum Risk: String, Sendable, Hashable, CaseIterable {
        /// A risk is unlikely.
        case unlikely
        /// A risk, not a high one.
        case risk
        /// A high risk.
        case high
    }

    /// The three exceptions of 45 CFR 164.402(1).
    public enum Exception: String, Sendable, Hashable, CaseIterable {
        /// Good-faith, unintentional access by workforce within scope.
        case goodFaithAccess = "good-faith-access"
        /// Inadvertent disclosure between authorized persons of one entity.
        case inadvertentDisclosure = "inadvertent-disclosure"
        /// The recipient could not reasonably have retained the data.
        case notRetained = "not-retained"
    }

    /// What encryption means, with unknown kept apart.
    public enum Secured: Sendable, Hashable {
        /// Encrypted and neither key nor session taken.
        case yes
        /// Not encrypted, or a key or session was taken.
        case no
        /// Encrypted, but nobody said where the key was: treated as not secured.
        case unknown
    }

    /// What the operator is.
    public var roles: Set<BreachRole> = []
    /// What happened when.
    public var events: [BreachEvent: ZonedTime] = [:]
    /// Affected persons by the code of the jurisdiction they live in.
    public var residents: [String: Int64] = [:]
    /// Further jurisdictions whose law binds the operator, whoever is affected.
    public var jurisdictions: Set<String> = []
    /// All affected persons; `nil` where nobody knows yet.
    public var total: Int64?
    /// Whether the data were encrypted.
    public var encrypted: Bool?
    /// Whether a key was taken.
    public var keysTaken: Bool?
    /// Whether a live session or token was taken.
    public var sessionTaken: Bool?
    /// Claims that take duties away.
    public var claims: [Claim.Kind: Claim] = [:]
    /// Which of the three exceptions is claimed.
    public var exception: Exception?
    /// Yes-or-no facts; absent means not said.
    public var flags: [BreachFlag: Bool] = [:]
    /// Risk to the persons, where it was assessed.
    public var risk: Risk?
    /// Loss, theft, leak, forgery, alteration, damage or possibility, where said.
    public var trigger: String?
    /// Kinds of data: medical, ssn, licence, account, password, …; `nil` where not said.
    public var dataKinds: [String]?
    /// A law-enforcement hold.
    public var hold: LawEnforcementHold?
    /// Affected persons whose address is missing or out of date.
    public var badAddresses: Int64 = 0

    /// Knows nothing yet.
    public init() {}

    /// What encryption means here (45 CFR 164.402 with the HHS guidance, 74 FR 19006).
    public var secured: Secured {
        if encrypted != true || keysTaken == true || sessionTaken == true { return .no }
        return keysTaken == false ? .yes : .unknown
    }
}

/// A statement by law enforcement that notice would harm an investigation.
///
/// Source: 45 CFR 164.412. It never stops a notice that its law does not name (GDPR article 33).
public struct LawEnforcementHold: Sendable, Hashable {
    /// How the statement was made.
    public enum Form: String, Sendable, Hashable, CaseIterable {
        /// In writing, with the time stated.
        case written
        /// By word of mouth: at most 30 days from the statement.
        case oral
    }

    /// How the statement was made.
    public var form: Form
    /// When the official made it.
    public var statement: ZonedTime?
    /// Until when, as stated.
    public var until: ZonedTime?

    /// Longest that an oral statement counts, in days.
    public static let oralDayCount: Int64 = 30

    /// Makes a hold.
    ///
    /// - Parameters:
    ///   - form: How the statement was made.
    ///   - statement: When; needed for an oral one and for one without an end.
    ///   - until: The end as stated.
    public init(form: Form, statement: ZonedTime?, until: ZonedTime?) {
        self.form = form
        self.statement = statement
        self.until = until
    }

    /// When it ends: as stated; for an oral one, and for one without an end, at most 30 days later.
    public var end: ZonedTime? {
        let stated = until.map {
            $0.isDay ? ZonedTime(endOf: $0.day, offsetMinutes: $0.offsetMinutes) : $0
        }
        guard form == .oral || stated == nil else { return stated }
        guard let statement else { return nil }
        let last = CivilDate(daysSince1970: statement.day.daysSince1970 + Self.oralDayCount)
        let limit = ZonedTime(endOf: last, offsetMinutes: statement.offsetMinutes)
        return stated.map { $0.instant < limit.instant ? $0 : limit } ?? limit
    }
}
