internal import VaultCore

/// Records that a health plan's request is about.
struct PaymentScope: Sendable {
    /// Claims in question.
    var claims: Set<String> = []
    /// What they bill.
    var billed: Set<String> = []
    /// The plan's own coverages.
    var coverages: Set<String> = []
}

extension ContextBuilder {
    mutating func relate() {
        if request.requester.kind == .patient { relateSelf() }
        if request.requester.kind == .clinician, identity.isTreating {
            relationships |= Relationship.treating.bit
        }
        if isPart2Member { relationships |= Relationship.part2Program.bit }
        for relation in facts.tables.interned.relations
        where relation.keys.contains(where: identity.own.contains)
            && relation.period.contains(request.now)
        {
            relationships |= Relationship.related.bit
            takeAuthority(relation.authority)
        }
    }

    private mutating func relateSelf() {
        let own = request.patient.description
        let isSelf = identity.keys.contains { $0 == own || facts.tables.patientKeys.contains($0) }
        if isSelf { relationships |= Relationship.patient.bit }
    }

    private var isPart2Member: Bool {
        let here = facts.tables.part2Organizations
        let there = directory.tables.part2Organizations
        if here.isEmpty, there.isEmpty { return false }
        let isIn = { (key: String) in here.contains(key) || there.contains(key) }
        return identity.keys.contains(where: isIn) || identity.organizations.contains(where: isIn)
    }

    private mutating func takeAuthority(_ authority: InternedFacts.Authority) {
        if authority.contains(.parent) { relationships |= Relationship.parent.bit }
        let age = facts.tables.birthDate.flatMap { Age(birth: $0, now: request.now) }
        let isAdult = age.map { $0.least >= 18 } ?? false
        let isRepresentative =
            authority.contains(.representative) || isAdult && authority.contains(.guardian)
            || facts.tables.isDeceased && authority.contains(.executor)
        if isRepresentative { relationships |= Relationship.personalRepresentative.bit }
    }

    /// Coverages and claims of this insurer, and what the claims in question bill.
    mutating func findPayments() {
        for coverage in facts.tables.coverages where isPayer(coverage.payers) {
            payments.coverages.insert(coverage.id)
        }
        for coverage in facts.tables.coverages
        where coverage.links.contains(where: payments.coverages.contains) {
            if coverage.payers.isEmpty { payments.coverages.insert(coverage.id) }
        }
        let own = facts.tables.claims.filter { isPayer($0.payers) }
        if !payments.coverages.isEmpty { relationships |= Relationship.planOfCoverage.bit }
        if !own.isEmpty { relationships |= Relationship.planOfClaim.bit }
        let inQuestion = own.filter { claim in
            switch request.claim {
            case .none: false
            case .all: true
            case .one(let id):
                claim.id == id.description || claim.links.contains(id.description)
                    || own.contains {
                        $0.id == id.description && $0.links.contains(claim.id)
                    }
            }
        }
        payments.claims = Set(inQuestion.map(\.id))
        for claim in inQuestion { payments.billed.formUnion(claim.links) }
        payments.billed.subtract(facts.tables.claims.map(\.id))
    }

    /// Whether the insurer is one of the payers: by key, through a coverage, or by name only.
    private mutating func isPayer(_ payers: [Party]) -> Bool {
        for payer in payers {
            if identity.isNamed(byAnyOf: payer.keys) { return true }
            for key in payer.keys where payments.coverages.contains(key) { return true }
            guard payer.keys.isEmpty, let name = payer.display,
                policies.options.acceptsPayersByName,
                identity.hasName(name, facts, directory), !FactExtractor.noInsurance.contains(name)
            else { continue }
            let note = "the payer is known by name only"
            if !problems.contains(note) { problems.append(note) }
            return true
        }
        return false
    }
}
