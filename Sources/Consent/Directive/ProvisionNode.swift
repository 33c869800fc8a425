internal import VaultCore

/// What a decision asks about a consent as a whole, as numbers.
struct ConsentNode: Sendable {
    /// Whether its status lets it be looked at.
    let isActive: Bool
    let isMalformed: Bool
    /// Whether it counts for research purposes alone.
    let isResearch: Bool
    /// Whether the facts show that it is this patient's; else the request's own key must.
    let isOwn: Bool
    let hasProblems: Bool
    let closesDefault: Bool
    let bounds: TimeBounds
    /// Its provisions in ``InternedFacts/provisions``.
    let nodes: Range<Int>

    init(_ consent: ConsentDirective, nodes: Range<Int>, isOwn: Bool) {
        isActive = consent.standing == .active
        isMalformed = consent.isMalformed
        isResearch = consent.scope == .research
        self.isOwn = isOwn
        hasProblems = !consent.problems.isEmpty
        closesDefault = consent.closesDefault
        bounds = consent.bounds ?? .always
        self.nodes = nodes
    }

    func isInForce(at now: Instant) -> Bool { isActive && bounds.contains(now) }
}

/// One rule of a consent as numbers; what they cannot say is in its ``Provision``.
struct ProvisionNode: Sendable {
    /// Index in the consent of the rule above; the root is its own parent.
    let parent: Int
    let kind: Provision.Kind
    let bounds: TimeBounds
    /// Bits of ``AccessAction``; 0 for every action.
    let actions: UInt8
    /// Purposes it names by v3 code, or, where it names none, those it is read to mean.
    let purposes: PurposeSet
    let namesPurposes: Bool
    /// Whether it names purposes that are no v3 codes.
    let hasForeignPurposes: Bool
    /// Its recipients in ``InternedFacts/actors``.
    let recipients: Range<Int>
    /// Whether the custodian it names, if any, is one that keeps the consent.
    let isKept: Bool
    let isNarrowedByUnknown: Bool
    /// Nothing about the record restricts it.
    let isOpen: Bool
    /// Its labels, where nothing else about the record restricts it.
    let masks: LabelMasks?
    /// A deny that names emergencies: it holds in a break-glass too.
    let isAbsolute: Bool
    /// It names recipient and purposes: a permit is an authorization.
    let isExplicit: Bool

    init(_ provision: Provision, of consent: ConsentDirective, recipients: Range<Int>) {
        parent = provision.parent
        kind = provision.kind
        bounds = provision.bounds ?? .always
        actions = (provision.actions ?? []).reduce(0) { $0 | $1.bit }
        let actors = provision.actors ?? []
        let namesRecipient = actors.contains { $0.part == .recipient && !$0.key.isEmpty }
        namesPurposes = provision.purposes != nil
        purposes =
            provision.purposes == nil
            ? Self.meant(in: consent, namesRecipient: namesRecipient) : provision.purposeSet
        hasForeignPurposes = provision.hasForeignPurposes
        self.recipients = recipients
        let custodians = actors.filter { $0.part == .custodian }
        isKept =
            custodians.isEmpty || custodians.contains { consent.custodians.contains($0.key) }
        isNarrowedByUnknown = provision.isNarrowedByUnknown
        isOpen = provision.isOpen
        masks = provision.hasLabelsOnly ? provision.labelCriterion?.masks : nil
        isAbsolute = provision.kind == .deny && provision.namesEmergency
        isExplicit = provision.purposes != nil && namesRecipient
    }

    private static func meant(
        in consent: ConsentDirective,
        namesRecipient: Bool
    ) -> PurposeSet {
        let meant: PurposeSet =
            consent.scope == .research ? .research : .treatmentPaymentOperations
        return namesRecipient ? meant.union(.atPatientsRequest) : meant
    }
}
