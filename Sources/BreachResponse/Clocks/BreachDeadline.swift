public import VaultCore

/// One duty to tell somebody, with its deadline, or with the reason why there is none.
public struct BreachDeadline: Sendable, Hashable {
    /// The rule in the version that was applied.
    public var rule: ClockRule
    /// The residents' code where the rule counts residents, else the law's own.
    public var jurisdiction: String
    /// Persons counted; `nil` where nobody knows yet.
    public var affected: Int64?
    /// Whether the notice must be made.
    public var isRequired: Bool
    /// The last moment; `nil` where the law names no number or the start is not known.
    ///
    /// Kept for duties that are not required as well, so that a change of facts surprises nobody.
    public var due: ZonedTime?
    /// Name of the event that started the clock, `discovered`, `year_end`.
    public var start: String
    /// When the clock started.
    public var startAt: ZonedTime?
    /// Whether the start is a substitute that is not later than the real one, or a projection.
    public var isProvisional: Bool
    /// Why required or not, from when, and what moved it; one line.
    public var why: String
    /// Whether no other required deadline for the same recipient is earlier.
    public var governs = false

    /// Percentages at which a warning is due.
    public static let warningPercents: [Int64] = [50, 80, 100]

    /// The moments at which half, four fifths and all of the time are over.
    public var warnings: [(percent: Int64, at: ZonedTime)] {
        guard let due, let startAt, due.instant > startAt.instant else { return [] }
        let span = due.instant.microseconds - startAt.instant.microseconds
        return Self.warningPercents.map { percent in
            // Whole seconds: span / 100 first keeps the product in range.
            let passed = span / 100 * percent / 1_000_000 * 1_000_000
            let moment = Instant(microseconds: startAt.instant.microseconds + passed)
            return (
                percent, percent == 100 ? due : ZonedTime(moment, offsetMinutes: due.offsetMinutes)
            )
        }
    }

    /// How much of the time is over.
    ///
    /// - Parameter now: The present.
    /// - Returns: The highest warning reached, 0 before the first, `nil` where there is no deadline.
    public func warning(at now: Instant) -> Int64? {
        guard due != nil else { return nil }
        return warnings.last { $0.at.instant <= now }?.percent ?? 0
    }

    /// The recipient's name where the rules know it: `HHS`, `Datatilsynet`.
    public var authority: String? { rule.authority[jurisdiction] ?? rule.authority["*"] }
}

/// The earliest deadline for a recipient, overall or for the residents of one jurisdiction.
public struct GoverningDeadline: Sendable, Hashable {
    /// Who is to be told.
    public var recipient: NoticeRecipient
    /// The residents' code, or `*` over all.
    public var jurisdiction: String
    /// The rule that governs.
    public var rule: String
    /// When.
    public var due: ZonedTime
    /// Among how many, and the next after it.
    public var why: String
}

/// What HIPAA demands for persons whose address is missing or out of date.
///
/// Source: 45 CFR 164.404(d)(2).
public enum SubstituteNotice: String, Sendable, Hashable {
    /// Every address is good, or no letter is due.
    case none
    /// Fewer than ten: another form of written notice, telephone or other means.
    case alternative
    /// Ten or more: home page for 90 days or major media, and a toll-free number for 90 days.
    case pageOrMedia = "page-or-media"

    /// From how many bad addresses the page or media notice is due.
    public static let pageOrMediaCount: Int64 = 10
    /// How long page and number stay.
    public static let dayCount: Int64 = 90
}

/// The answer to a set of facts.
public struct BreachClocksAnswer: Sendable, Hashable {
    /// All duties the facts touch, required ones first, then by deadline and rule.
    public var deadlines: [BreachDeadline]
    /// The earliest per recipient and per residents' jurisdiction.
    public var governing: [GoverningDeadline]
    /// Substitute notice under HIPAA.
    public var substitute: SubstituteNotice
    /// Facts nobody stated that decided some rule, with those rules.
    public var asks: [String: [String]]
    /// Jurisdictions with affected residents for whose own law there is no rule here.
    public var uncovered: [String]
}
