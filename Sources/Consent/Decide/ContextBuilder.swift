internal import VaultCore

/// Works out the part of a decision that does not depend on the record.
struct ContextBuilder {
    let request: AccessRequest
    let facts: FactIndex
    let directory: FactIndex
    let policies: PolicySet
    let identity: Identity
    let purposes: RequestedPurposes
    let jurisdiction: String
    let roles: [String]
    var relationships: UInt32 = 0
    var evidence: UInt32 = 0
    var breakGlass = PolicyRule.BreakGlassState.none
    var liveRules: [[LiveRule]] = Array(repeating: [], count: Layer.allCases.count)
    var obligingRules: [LiveRule] = []
    var liveConsents: [LiveConsent] = []
    var liveRestrictions: [LiveRestriction] = []
    var malformed: [Int] = []
    var claimIDs: Set<String> = []
    var billedIDs: Set<String> = []
    var coverageIDs: Set<String> = []
    var refusal: String?
    var problems: [String] = []

    init(
        request: AccessRequest,
        facts: FactIndex,
        directory: FactIndex,
        policies: PolicySet
    ) {
        self.request = request
        self.facts = facts
        self.directory = directory
        self.policies = policies
        identity = Identity(request.requester, facts: facts, directory: directory, now: request.now)
        purposes = RequestedPurposes(request.purposes)
        jurisdiction =
            Jurisdiction.code(facts.country) ?? policies.options.defaultJurisdiction
        roles = request.requester.roles
        for item in request.evidence.keys { evidence |= item.bit }
    }

    mutating func build() {
        checkRequest()
        relate()
        if request.requester.kind == .insurer { findPayments() }
        breakGlass = breakGlassState()
        takeRules()
        takeConsents()
        takeRestrictions()
    }

    private mutating func checkRequest() {
        if request.purposes.isEmpty { refusal = "no purpose is stated" }
        if purposes.hasUnknown { problems.append("a purpose is no v3 PurposeOfUse") }
        if let refusal { problems.append(refusal) }
    }

    /// Identified clinician and coded reason for a purpose of treatment; anything less is no emergency.
    private func breakGlassState() -> PolicyRule.BreakGlassState {
        guard let override = request.breakGlass else { return .none }
        let isSound =
            request.requester.kind == .clinician && request.requester.isIdentified
            && EmergencyOverride.reasons.contains(override.reason)
            && !purposes.hasUnknown && PurposeSet.emergency.isSuperset(of: purposes.known)
        return isSound ? .valid : .invalid
    }

    private mutating func takeRules() {
        for (place, rule) in policies.rules.enumerated() {
            guard isInForce(rule), let live = live(rule, at: place) else { continue }
            if let layer = rule.layer {
                liveRules[layer.order].append(live)
            } else {
                obligingRules.append(live)
            }
        }
    }

    private func isInForce(_ rule: PolicyRule) -> Bool {
        if !rule.jurisdictions.isEmpty, !rule.jurisdictions.contains(jurisdiction) { return false }
        if let from = rule.validFrom, request.now < from.startUTC { return false }
        if let to = rule.validTo {
            return request.now < to.startUTC.advanced(by: .seconds(86_400))
        }
        return true
    }

    private func live(_ rule: PolicyRule, at place: Int) -> LiveRule? {
        let isDeny = rule.effect == .deny
        guard holds(rule.when, isDeny: isDeny) else { return nil }
        var unless: [PolicyRule.RecordCondition] = []
        for exception in rule.unless {
            // An exception to a deny opens, so it needs every purpose, as a permit does.
            guard holds(exception, isDeny: !isDeny) else { continue }
            if exception.record.isOpen { return nil }
            unless.append(exception.record)
        }
        return LiveRule(
            rule: place,
            isDeny: isDeny,
            record: rule.when.record,
            isOpen: rule.when.record.isOpen,
            unless: unless
        )
    }

    /// Whether the part of a condition that speaks of the request holds.
    private func holds(_ condition: PolicyRule.Condition, isDeny: Bool) -> Bool {
        if condition.kinds != 0, condition.kinds & request.requester.kind.bit == 0 { return false }
        if condition.purposes.bits != 0 {
            let isAsked =
                isDeny
                ? condition.purposes.intersects(purposes.known)
                : !purposes.hasUnknown && condition.purposes.isSuperset(of: purposes.known)
            if !isAsked { return false }
        }
        if condition.relationships != 0, condition.relationships & relationships == 0 {
            return false
        }
        if condition.relationshipsNone & relationships != 0 { return false }
        if condition.evidence != 0, condition.evidence & evidence == 0 { return false }
        if let state = condition.breakGlass, state != breakGlass { return false }
        if !condition.actions.isEmpty, !condition.actions.contains(request.action) { return false }
        if !condition.roles.isEmpty, !condition.roles.contains(where: roles.contains) {
            return false
        }
        if condition.rolesNone.contains(where: roles.contains) { return false }
        if !condition.organizations.isEmpty,
            !condition.organizations.contains(where: identity.isNamed(by:))
        {
            return false
        }
        return holdsForPatient(condition)
    }

    private func holdsForPatient(_ condition: PolicyRule.Condition) -> Bool {
        if let isDeceased = condition.isDeceased, isDeceased != facts.isDeceased { return false }
        guard condition.ageFrom != nil || condition.ageUnder != nil else { return true }
        guard let age = facts.birthDate.flatMap({ Age(birth: $0, now: request.now) }) else {
            return false
        }
        if let from = condition.ageFrom, age.least < from { return false }
        if let under = condition.ageUnder, age.most >= under { return false }
        return true
    }
}

/// An age in whole years, between two bounds where the birth date is not exact.
struct Age {
    let least: Int
    let most: Int

    /// `nil` where the birth lies in the future.
    init?(birth: PartialDate, now: Instant) {
        let today = CivilDate(
            daysSince1970: now.microseconds.flooredQuotient(86_400_000_000)
        )
        let oldest = Self.years(from: birth.date, to: today)
        let youngest = Self.years(from: birth.lastDate, to: today)
        guard oldest >= 0 else { return nil }
        most = oldest
        least = max(0, youngest)
    }

    private static func years(from birth: CivilDate, to day: CivilDate) -> Int {
        let hasHadBirthday = (day.month, day.day) >= (birth.month, birth.day)
        return day.year - birth.year - (hasHadBirthday ? 0 : 1)
    }
}
