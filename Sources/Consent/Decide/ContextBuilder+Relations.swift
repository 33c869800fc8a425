internal import VaultCore

extension ContextBuilder {
    /// v3 RoleCode of parents and guardians; step and foster parents need recorded authority of their own.
    private static let parents: Set<String> = [
        "PRN", "NPRN", "MTH", "NMTH", "FTH", "NFTH", "ADOPTP", "ADOPTM", "ADOPTF", "GUARD",
        "GUADLTM",
    ]
    /// v3 RoleCode of those with authority for health care; a financial power of attorney is none
    /// (45 CFR 164.502(g)(1)).
    private static let representatives: Set<String> = ["HPOWATT"]
    private static let guardians: Set<String> = ["GUARD", "GUADLTM"]
    private static let executors: Set<String> = ["EXCEST"]

    mutating func relate() {
        let keys = identity.keys
        if request.requester.kind == .patient {
            let own = request.patient.description
            let isSelf = keys.contains { $0 == own || facts.tables.patientKeys.contains($0) }
            if isSelf { relationships |= Relationship.patient.bit }
        }
        if request.requester.kind == .clinician {
            let isTreating = keys.contains { key in
                facts.tables.treating[key]?.contains { $0.contains(request.now) } ?? false
            }
            if isTreating { relationships |= Relationship.treating.bit }
        }
        let part2 = keys + identity.organizations
        if part2.contains(where: {
            facts.tables.part2Organizations.contains($0)
                || directory.tables.part2Organizations.contains($0)
        }) {
            relationships |= Relationship.part2Program.bit
        }
        for relation in facts.tables.relations
        where relation.keys.contains(where: keys.contains)
            && relation.period.contains(request.now)
        {
            relationships |= Relationship.related.bit
            takeAuthority(relation)
        }
    }

    private mutating func takeAuthority(_ relation: FactTables.Relation) {
        let codes = Set(relation.codes.filter { $0.system == CodeSystem.roleCode }.map(\.code))
        if !codes.isDisjoint(with: Self.parents) { relationships |= Relationship.parent.bit }
        let age = facts.tables.birthDate.flatMap { Age(birth: $0, now: request.now) }
        let isAdult = age.map { $0.least >= 18 } ?? false
        let isRepresentative =
            !codes.isDisjoint(with: Self.representatives)
            || (isAdult && !codes.isDisjoint(with: Self.guardians))
            || (facts.tables.isDeceased && !codes.isDisjoint(with: Self.executors))
        if isRepresentative { relationships |= Relationship.personalRepresentative.bit }
    }

    /// Coverages and claims of this insurer, and what the claims in question bill.
    mutating func findPayments() {
        for coverage in facts.tables.coverages where isPayer(coverage.payers) {
            coverageIDs.insert(coverage.id)
        }
        for coverage in facts.tables.coverages
        where coverage.links.contains(where: coverageIDs.contains) {
            if coverage.payers.isEmpty { coverageIDs.insert(coverage.id) }
        }
        let own = facts.tables.claims.filter { isPayer($0.payers) }
        if !coverageIDs.isEmpty { relationships |= Relationship.planOfCoverage.bit }
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
        claimIDs = Set(inQuestion.map(\.id))
        for claim in inQuestion { billedIDs.formUnion(claim.links) }
        billedIDs.subtract(facts.tables.claims.map(\.id))
    }

    /// Whether the insurer is one of the payers: by key, through a coverage, or by name only.
    private mutating func isPayer(_ payers: [Party]) -> Bool {
        for payer in payers {
            if payer.keys.contains(where: identity.isNamed(by:)) { return true }
            for key in payer.keys where coverageIDs.contains(key) { return true }
            guard payer.keys.isEmpty, let name = payer.display,
                policies.options.acceptsPayersByName, identity.names.contains(name),
                !FactExtractor.noInsurance.contains(name)
            else { continue }
            let note = "the payer is known by name only"
            if !problems.contains(note) { problems.append(note) }
            return true
        }
        return false
    }
}
