public import VaultCore

/// One row of the law's clock table in one version: whom to tell, when, and when not.
public struct ClockRule: Sendable, Hashable {
    /// How long, in the law's own unit; never converted into another.
    public enum Period: Sendable, Hashable {
        /// Clock hours, weekends included.
        case hours(Int64)
        /// Calendar days; the day of the start does not count, the last ends at midnight.
        case calendarDays(Int64)
        /// Business days of a named calendar.
        case businessDays(Int, calendar: String)
        /// Calendar months, cut to the last day of a shorter month.
        case months(Int)
        /// A fixed day of the year after the start.
        case annual(month: Int, day: Int)
        /// The law names no number; its words.
        case prompt(String)
    }

    /// When the clock starts.
    public struct Start: Sendable, Hashable {
        /// How several events make one start.
        public enum Mode: String, Sendable, Hashable {
            /// The earliest of those that are known.
            case earliest
            /// All must have happened: the latest.
            case latest
            /// The last day of the year in which the earliest lies.
            case yearEnd
        }

        /// How several events make one start.
        public var mode: Mode
        /// The events.
        public var events: [BreachEvent]
        /// Rules whose deadline is the latest that this start can be; for events of our own making.
        public var after: [String]
    }

    /// What a law-enforcement hold does to the deadline.
    public enum HoldEffect: Sendable, Hashable {
        /// Nothing: the law does not know it.
        case none
        /// The deadline is not before the hold ends.
        case delays
        /// The period starts anew when the hold ends.
        case restarts
        /// Some business days after the hold ends, where that is later.
        case businessDaysAfter(Int, calendar: String)
    }

    /// Whose number decides, and for whom the rule answers.
    public enum Counting: String, Sendable, Hashable {
        /// All affected persons; one deadline.
        case everyone
        /// The residents of each of the file's jurisdictions; one deadline each.
        case each
        /// The residents of each State of the United States; one deadline each.
        case eachState = "each-state"
        /// Any resident of the file's jurisdictions; one deadline.
        case region
    }

    /// A number of persons from which the rule applies.
    public enum Threshold: Sendable, Hashable {
        /// This many or more.
        case atLeast(Int64)
        /// More than this many.
        case moreThan(Int64)
        /// Fewer than this many.
        case lessThan(Int64)
    }

    /// A further test of the facts.
    public enum Condition: Sendable, Hashable {
        /// A yes-or-no fact, with what counts where nobody said.
        case flag(BreachFlag, unknown: Bool, otherwise: String)
        /// One of several yes-or-no facts, with what counts where nobody said.
        case anyFlag([BreachFlag], unknown: Bool, otherwise: String)
        /// The trigger is one of these.
        case trigger([String], unknown: Bool, otherwise: String)
        /// Some kind of data is among these.
        case dataKinds([String], unknown: Bool, otherwise: String)
        /// Another rule's notice is required.
        case requires([String], otherwise: String)
    }

    /// What takes the duty away.
    public enum Exemption: String, Sendable, Hashable, CaseIterable {
        /// Encrypted, and neither key nor session taken.
        case secured
        /// Four factors, documented.
        case lowProbability
        /// One of the three exceptions.
        case exception
        /// Reliable evidence of no acquisition.
        case noAcquisition
        /// Documented finding of no harm.
        case noHarm
        /// Got back or deleted.
        case recovered
        /// Remedial action.
        case remedied
        /// HITECH followed instead.
        case hipaaFollowed
        /// Internal misdirected mail.
        case internalMisdirected
        /// A risk is unlikely (GDPR article 33).
        case riskUnlikely
        /// The risk is not high (GDPR article 34).
        case riskNotHigh
        /// Harm is not likely.
        case harmUnlikely
    }

    /// Stable id that begins with its law.
    public var id: String
    /// Row of the field's table; 0 for a duty that the table does not number.
    public var row: Int64
    /// What is due, in plain words.
    public var title: String
    /// Where the law says so.
    public var law: String
    /// Who is to be told.
    public var recipient: NoticeRecipient
    /// The recipient's name, by jurisdiction or for all (`*`).
    public var authority: [String: String]
    /// Who is bound; empty for everybody who is not a processor.
    public var roles: Set<BreachRole>
    /// Roles bound whoever is affected.
    public var homeRoles: Set<BreachRole>
    /// The jurisdiction shown where none is counted.
    public var home: String
    /// The residents concerned.
    public var jurisdictions: Set<String>
    /// Whose number decides.
    public var counting: Counting
    /// From how many.
    public var threshold: Threshold
    /// Facts that make the rule apply below the threshold, with what counts where nobody said.
    public var orFlags: [BreachFlag: Bool]
    /// Further tests.
    public var conditions: [Condition]
    /// What takes the duty away.
    public var exemptions: [Exemption]
    /// When the clock starts.
    public var start: Start
    /// How long.
    public var period: Period
    /// What a hold does.
    public var hold: HoldEffect
    /// First day on which this version is law.
    public var validFrom: CivilDate
    /// Last day, or `nil`.
    public var validTo: CivilDate?
    /// Whether a human must still confirm the row.
    public var isUnverified: Bool
    /// Which parts a human must still confirm, where not all.
    public var unverifiedParts: [String]
    /// A remark for the officer.
    public var note: String?

    /// Whether this version is law on a day.
    ///
    /// - Parameter day: Any day.
    /// - Returns: Whether the day lies in the version's life.
    public func isInForce(on day: CivilDate) -> Bool {
        day >= validFrom && validTo.map { day <= $0 } ?? true
    }
}

extension ClockRule.Period {
    /// The unit in words.
    public var unit: String {
        switch self {
        case .hours: "hours"
        case .calendarDays: "calendar days"
        case .businessDays: "business days"
        case .months: "months"
        case .annual: "fixed date"
        case .prompt(let words): words
        }
    }

    /// How many units; `nil` where the law names no number.
    public var length: Int64? {
        switch self {
        case .hours(let count), .calendarDays(let count): count
        case .businessDays(let count, _), .months(let count): Int64(count)
        case .annual, .prompt: nil
        }
    }
}
