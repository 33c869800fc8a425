internal import VaultCore

/// Step one of a decision: works out everything that does not depend on the record.
///
/// Not copyable: the whole of it moves into the ``DecisionCore``.
struct ContextBuilder: ~Copyable, Sendable {
    let request: AccessRequest
    let facts: FactIndex
    let directory: FactIndex
    let policies: PolicySet
    let identity: Identity
    let purposes: RequestedPurposes
    var relationships: UInt32 = 0
    var evidence: UInt32 = 0
    /// What documents limit a representative to, one bit for each category; `nil` without such a limit.
    var representation: UInt64?
    var breakGlass = PolicyRule.BreakGlassState.none
    var consents: PolicyRule.ConsentStates = []
    var liveRules: [LiveRule] = []
    var layerStarts = LayerStarts()
    var liveConsents: [LiveConsent] = []
    var matching = BitList()
    var liveRestrictions: [LiveRestriction] = []
    var malformed: [Int] = []
    var payments = PaymentScope()
    var refusal: String?
    var problems: [String] = []

    init(
        request: consuming AccessRequest,
        facts: FactIndex,
        directory: FactIndex,
        policies: PolicySet
    ) {
        identity = Identity(request.asker, facts: facts, directory: directory, now: request.now)
        purposes = RequestedPurposes(request.purposes)
        self.request = request
        self.facts = facts
        self.directory = directory
        self.policies = policies
        for item in self.request.evidence.keys { evidence |= item.bit }
        for document in facts.tables.documents
        where document.period.contains(self.request.now)
            && identity.isNamed(byAnyOf: document.holders)
        {
            evidence |= document.evidence.bit
            if document.evidence == .representation, let scope = document.scope {
                representation = (representation ?? 0) | scope
            }
        }
    }

    mutating func build() {
        checkRequest()
        relate()
        if isPlan { findPayments() }
        breakGlass = breakGlassState()
        takeConsents()
        takeRules()
        if !facts.tables.restrictions.isEmpty { takeRestrictions() }
    }

    /// A health plan gets what the default law gives it; a consent for payment in general can show that
    /// the patient consented, and widens nothing (45 CFR 164.502(b)).
    var isPlan: Bool { request.requester.kind == .insurer }

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
        let asker = Asker(
            kind: request.requester.kind.bit,
            relationships: relationships,
            evidence: evidence,
            purposes: purposes.known,
            hasUnknownPurpose: purposes.hasUnknown,
            action: request.action.bit,
            breakGlass: breakGlass,
            isDeceased: facts.tables.isDeceased,
            consents: consents.isEmpty ? .none : consents,
            birth: facts.tables.birthDate,
            now: request.now
        )
        liveRules.reserveCapacity(24)
        // Looked up once, and only where a rule asks.
        var country: UInt64?
        for place in compiled.candidates(request.requester.kind, purposes) {
            let rule = compiled.rules[Int(place)]
            if rule.countries != 0 {
                let here = country ?? compiled.countries[jurisdiction] ?? 0
                country = here
                guard rule.countries & here != 0 else { continue }
            }
            guard rule.validFrom <= request.now, request.now < rule.validUntil,
                asker.meets(rule.request, needsAll: !rule.isDeny), meetsTexts(rule.request),
                let exceptions = exceptions(of: rule, compiled, asker)
            else { continue }
            liveRules.append(LiveRule(rule: place, isDeny: rule.isDeny, exceptions: exceptions))
            layerStarts.add(layer: rule.layer)
        }
    }

    var jurisdiction: String {
        facts.tables.jurisdiction ?? policies.options.defaultJurisdiction
    }

    /// The exceptions of a rule that this request can use, one bit each; `nil` where one of them asks
    /// nothing of the record and so lifts the rule altogether.
    private func exceptions(
        of rule: CompiledPolicies.Rule,
        _ compiled: CompiledPolicies,
        _ asker: Asker
    ) -> UInt32? {
        var usable: UInt32 = 0
        for place in rule.unless {
            let exception = compiled.exceptions[place]
            // An exception to a deny opens, so it needs every purpose, as a permit does.
            guard asker.meets(exception.request, needsAll: rule.isDeny),
                meetsTexts(exception.request)
            else { continue }
            if exception.record.isOpen { return nil }
            usable |= 1 << UInt32(place - rule.unless.lowerBound)
        }
        return usable
    }

    private func meetsTexts(_ test: CompiledPolicies.RequestTest) -> Bool {
        guard let place = test.textsAt else { return true }
        let texts = policies.compiled.texts[Int(place)]
        let roles = request.asker.requester.roles
        if !texts.roles.isEmpty, !texts.roles.contains(where: { roles.contains($0) }) {
            return false
        }
        if !texts.rolesNone.isEmpty, texts.rolesNone.contains(where: { roles.contains($0) }) {
            return false
        }
        if identity.isNamed(byAnyOf: texts.organizationsNone) { return false }
        return texts.organizations.isEmpty || identity.isNamed(byAnyOf: texts.organizations)
    }
}
