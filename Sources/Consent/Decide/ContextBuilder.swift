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
    let patientKey: String
    var relationships: UInt32 = 0
    var evidence: UInt32 = 0
    var breakGlass = PolicyRule.BreakGlassState.none
    var liveRules: [LiveRule] = []
    var layerStarts = LayerStarts()
    var liveExceptions: [CompiledPolicies.RecordTest] = []
    var liveConsents: [LiveConsent] = []
    var liveProvisions: [LiveProvision] = []
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
            facts.tables.jurisdiction ?? policies.options.defaultJurisdiction
        roles = request.requester.roles
        patientKey = request.patient.description
        for item in request.evidence.keys { evidence |= item.bit }
        for document in facts.tables.documents
        where document.period.contains(request.now)
            && document.holders.contains(where: identity.isNamed(by:))
        {
            evidence |= document.evidence.bit
        }
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
        let compiled = policies.compiled
        let country = compiled.countries[jurisdiction] ?? 0
        let asker = Asker(
            kind: request.requester.kind.bit,
            relationships: relationships,
            evidence: evidence,
            purposes: purposes.known,
            hasUnknownPurpose: purposes.hasUnknown,
            action: request.action.bit,
            breakGlass: breakGlass,
            isDeceased: facts.tables.isDeceased,
            age: facts.tables.birthDate.flatMap { Age(birth: $0, now: request.now) }
        )
        liveRules.reserveCapacity(16)
        liveExceptions.reserveCapacity(16)
        for place in compiled.rules.indices {
            let rule = compiled.rules[place]
            guard rule.countries == 0 || rule.countries & country != 0,
                rule.validFrom <= request.now, request.now < rule.validUntil,
                asker.meets(rule.request, isDeny: rule.isDeny), meetsTexts(rule.request)
            else { continue }
            let start = liveExceptions.count
            guard takeExceptions(rule, compiled, asker) else {
                liveExceptions.removeLast(liveExceptions.count - start)
                continue
            }
            liveRules.append(
                LiveRule(
                    rule: place,
                    isDeny: rule.isDeny,
                    record: rule.record,
                    unless: start..<liveExceptions.count
                )
            )
            layerStarts.add(layer: rule.layer)
        }
    }

    /// Takes the exceptions of a rule that this request can use; false where one lifts the rule altogether.
    private mutating func takeExceptions(
        _ rule: CompiledPolicies.Rule,
        _ compiled: CompiledPolicies,
        _ asker: Asker
    ) -> Bool {
        for place in rule.unless {
            let exception = compiled.exceptions[place]
            // An exception to a deny opens, so it needs every purpose, as a permit does.
            guard asker.meets(exception.request, isDeny: !rule.isDeny),
                meetsTexts(exception.request)
            else { continue }
            if exception.record.isOpen { return false }
            liveExceptions.append(exception.record)
        }
        return true
    }

    private func meetsTexts(_ test: CompiledPolicies.RequestTest) -> Bool {
        guard let place = test.textsAt else { return true }
        let texts = policies.compiled.texts[Int(place)]
        if !texts.roles.isEmpty, !texts.roles.contains(where: roles.contains) { return false }
        if texts.rolesNone.contains(where: roles.contains) { return false }
        return texts.organizations.isEmpty
            || texts.organizations.contains(where: identity.isNamed(by:))
    }
}

/// What the rules ask about a request, as plain numbers.
private struct Asker {
    let kind: UInt32
    let relationships: UInt32
    let evidence: UInt32
    let purposes: PurposeSet
    let hasUnknownPurpose: Bool
    let action: UInt8
    let breakGlass: PolicyRule.BreakGlassState
    let isDeceased: Bool
    let age: Age?

    /// Whether the part of a condition that speaks of the request holds, its texts apart.
    func meets(_ test: CompiledPolicies.RequestTest, isDeny: Bool) -> Bool {
        if test.kinds != 0, test.kinds & kind == 0 { return false }
        if test.purposes.bits != 0 {
            let isAsked =
                isDeny
                ? test.purposes.intersects(purposes)
                : !hasUnknownPurpose && test.purposes.isSuperset(of: purposes)
            if !isAsked { return false }
        }
        if test.relationships != 0, test.relationships & relationships == 0 { return false }
        if test.relationshipsNone & relationships != 0 { return false }
        if test.evidence != 0, test.evidence & evidence == 0 { return false }
        if let state = test.breakGlass, state != breakGlass { return false }
        if test.actions != 0, test.actions & action == 0 { return false }
        if let wanted = test.isDeceased, wanted != isDeceased { return false }
        guard let ages = test.ages else { return true }
        guard let age else { return false }
        return age.least >= Int(ages.lowerBound) && age.most <= Int(ages.upperBound)
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
