public import VaultCore

/// What a patient directed, read from a FHIR Consent: a tree of provisions, flattened.
///
/// Source: FHIR R4 Consent; IHE Privacy Consent on FHIR 1.1.0. An R5 Consent is read as far as it means
/// the same. What cannot be read makes the directive malformed, and then it denies.
public struct ConsentDirective: Sendable {
    /// Whether the directive is to be looked at.
    public enum Standing: Sendable, Hashable {
        /// Status `active`.
        case active
        /// Draft, proposed, rejected, inactive, entered in error, or about treatment or research alone:
        /// as if absent.
        case absent
    }

    /// What the consent is about, where that narrows it.
    public enum Scope: Sendable, Hashable {
        /// Use and disclosure of the record.
        case privacy
        /// Taking part in research: counts for research purposes only.
        case research
    }

    /// `Consent/1`, where the resource has an id.
    public let id: String
    /// Whether it is to be looked at.
    public let standing: Standing
    /// What it is about.
    public let scope: Scope
    /// The patient: references and `SYS|VAL`.
    public let patients: [String]
    /// When it holds as a whole; `nil` for always.
    public let bounds: TimeBounds?
    /// Organizations that keep it; an actor with the custodian role must be one of them.
    public let custodians: [String]
    /// In document order, each after its parent; the first is the root.
    public let provisions: [Provision]
    /// Whether the root is a typed permit of IHE PCF form, which closes the default law for whom and what
    /// purposes it covers.
    public let closesDefault: Bool
    /// What is wrong with it; any problem of a malformed directive denies.
    public let problems: [String]
    /// Whether it denies everything it could cover because it cannot be read.
    public let isMalformed: Bool

    init(
        id: String,
        standing: Standing,
        scope: Scope,
        patients: [String],
        bounds: TimeBounds?,
        custodians: [String],
        provisions: [Provision],
        closesDefault: Bool,
        problems: [String],
        isMalformed: Bool
    ) {
        self.id = id
        self.standing = standing
        self.scope = scope
        self.patients = patients
        self.bounds = bounds
        self.custodians = custodians
        self.provisions = provisions
        self.closesDefault = closesDefault
        self.problems = problems
        self.isMalformed = isMalformed
    }

    /// Whether it is to be looked at, at this time.
    ///
    /// - Parameter now: The time of the request.
    /// - Returns: False where it is not active or its period does not hold.
    public func isInForce(at now: Instant) -> Bool {
        standing == .active && (bounds?.contains(now) ?? true)
    }
}

/// One rule of a directive with every criterion it has by itself or from the rules above it.
///
/// A criterion that is `nil` is not restricted. A nested rule's own criterion replaces its parent's of the
/// same kind: IHE PCF writes exceptions that way (root `N`, nested `PSY`; root `TREAT`, nested `BTG`).
public final class Provision: Sendable {
    /// What a rule does where it matches and no rule below it speaks.
    public enum Kind: Sendable, Hashable {
        /// Allows.
        case permit
        /// Forbids.
        case deny
        /// Says nothing itself; only the rules below it speak.
        case silent
    }

    /// Which record a rule names, and what goes with it.
    public enum Meaning: String, Sendable, Hashable {
        /// The record itself.
        case instance
        /// The record, what refers to it and what it refers to.
        case related
        /// The record and what refers to it.
        case dependents
        /// What the referenced person or organization wrote.
        case authoredby
    }

    /// A record (or author) that a rule names.
    public struct DataReference: Sendable, Hashable {
        /// How far the rule reaches.
        public let meaning: Meaning
        /// Literal reference or `SYS|VAL`.
        public let key: String
    }

    /// Who a rule is about.
    public struct Actor: Sendable, Hashable {
        /// Which end of the disclosure.
        public enum Part: Sendable, Hashable {
            /// Gets the data.
            case recipient
            /// Keeps and gives the data.
            case custodian
            /// Wrote the data.
            case author
        }

        /// Which end of the disclosure.
        public let part: Part
        /// Literal reference or `SYS|VAL`; empty where only a display text names the actor.
        public let key: String
    }

    /// Position in the tree, `root` or `1.2`, from 1.
    public let path: String
    /// Index of the rule above; the root is its own parent.
    public let parent: Int
    /// What it does.
    public let kind: Kind
    /// When this rule holds, within the whole.
    public let bounds: TimeBounds?
    /// Who.
    public let actors: [Actor]?
    /// Whether it speaks of reading and of writing.
    public let actions: Set<AccessAction>?
    /// What for.
    public let purposes: [CodedValue]?
    /// Labels of the records.
    public let labels: [CodedValue]?
    /// Types of the records.
    public let classes: [CodedValue]?
    /// Codes in the records.
    public let codes: [CodedValue]?
    /// Clinical time of the records.
    public let dataPeriod: DataPeriod?
    /// Records and authors by name.
    public let data: [DataReference]?
    /// Whether something narrows the rule that nobody can read (an extension, a text without a code): a
    /// permit then matches nothing, a deny matches as if it were not there.
    public let isNarrowedByUnknown: Bool
    /// ``purposes`` that are v3 codes.
    let purposeSet: PurposeSet
    /// Whether some of ``purposes`` are no v3 codes.
    let hasForeignPurposes: Bool
    /// Whether its own purposes name emergencies.
    let namesEmergency: Bool
    /// ``labels`` laid out for comparison.
    let labelCriterion: LabelCriterion?

    /// Whether an actor is the author of the data rather than its recipient.
    let hasAuthor: Bool
    /// Whether nothing about the record but its labels restricts the rule.
    let hasLabelsOnly: Bool

    /// Whether nothing about the record restricts the rule.
    let isOpen: Bool

    init(_ criteria: Criteria, kind: Kind, path: String, parent: Int) {
        self.path = path
        self.parent = parent
        self.kind = kind
        bounds = criteria.bounds
        actors = criteria.actors
        actions = criteria.actions
        purposes = criteria.purposes
        labels = criteria.labels
        classes = criteria.classes
        codes = criteria.codes
        dataPeriod = criteria.dataPeriod
        data = criteria.data
        isNarrowedByUnknown = criteria.isNarrowedByUnknown
        let v3 = (criteria.purposes ?? []).filter {
            $0.system == CodeSystem.actReason && PurposeSet.knows($0.code)
        }
        purposeSet = PurposeSet(v3.map(\.code))
        hasForeignPurposes = v3.count != criteria.purposes?.count ?? 0
        namesEmergency = criteria.namesOwnPurposes && purposeSet.intersects(.overrides)
        labelCriterion = criteria.labels.map { LabelCriterion($0) }
        hasAuthor = criteria.actors?.contains { $0.part == .author } ?? false
        hasLabelsOnly =
            criteria.classes == nil && criteria.codes == nil && criteria.dataPeriod == nil
            && criteria.data == nil && !hasAuthor
        isOpen = criteria.labels == nil && hasLabelsOnly
    }
}

/// A period of clinical time: compared by written dates where its bounds are dates.
public struct DataPeriod: Sendable, Hashable {
    /// First date inside; `nil` for no bound.
    public let start: PartialDate?
    /// Last date inside; `nil` for no bound.
    public let end: PartialDate?

    /// Whether all of a record's time lies inside.
    ///
    /// - Parameter time: The record's time.
    /// - Returns: Whether it does.
    public func contains(_ time: ClinicalTime) -> Bool {
        isAfterStart(time.first) && isBeforeEnd(time.last)
    }

    /// Whether any of a record's time lies inside.
    ///
    /// - Parameter time: The record's time.
    /// - Returns: Whether it does.
    public func overlaps(_ time: ClinicalTime) -> Bool {
        !endsBeforeStart(time.last) && !beginsAfterEnd(time.first)
    }

    private func isAfterStart(_ date: PartialDate) -> Bool {
        guard let start else { return true }
        if start.precision == .instant { return date.earliest >= start.earliest }
        return date.date >= start.date
    }

    private func isBeforeEnd(_ date: PartialDate) -> Bool {
        guard let end else { return true }
        if end.precision == .instant { return date.end <= end.end }
        return date.lastDate <= end.lastDate
    }

    private func endsBeforeStart(_ date: PartialDate) -> Bool {
        guard let start else { return false }
        if start.precision == .instant { return date.end <= start.earliest }
        return date.lastDate < start.date
    }

    private func beginsAfterEnd(_ date: PartialDate) -> Bool {
        guard let end else { return false }
        if end.precision == .instant { return date.earliest >= end.end }
        return date.date > end.lastDate
    }
}

extension PartialDate {
    /// The last calendar day the text can mean.
    var lastDate: CivilDate {
        switch precision {
        case .day, .instant: return date
        case .month:
            let length = CivilDate.length(ofMonth: date.month, year: date.year)
            return CivilDate(year: date.year, month: date.month, day: length) ?? date
        case .year: return CivilDate(year: date.year, month: 12, day: 31) ?? date
        }
    }
}
