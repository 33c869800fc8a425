internal import VaultCore

/// The questions of the policies' rules, each as the set of points for which the answer is yes.
struct PointFormulas {
    let domain: ProofDomain
    let policies: CompiledPolicies
    /// With those of the statements' premises.
    let tables: PremiseTables
    var diagrams: Diagrams

    init(_ domain: ProofDomain, _ policies: CompiledPolicies, _ tables: PremiseTables) {
        self.domain = domain
        self.policies = policies
        self.tables = tables
        diagrams = Diagrams(domain.variables.map(\.all))
    }

    mutating func has(_ place: Int, _ values: UInt64) -> Diagram {
        diagrams.having(place, values)
    }

    mutating func isYes(_ place: Int) -> Diagram { has(place, 0b10) }

    mutating func anyYes(_ places: [Int]) -> Diagram {
        var result = Diagram.none
        // From the last fact to the first, each step adds one node on top.
        for place in places.sorted(by: >) {
            let yes = isYes(place)
            result = diagrams.or(yes, result)
        }
        return result
    }

    /// Where a rule speaks: in force, and its condition met without an exception.
    mutating func applies(_ place: Int) -> Diagram {
        let rule = policies.rules[place]
        var result = has(domain.places.day, days(of: rule))
        if rule.countries != 0 {
            let there = has(domain.places.country, countries(of: rule))
            result = diagrams.and(result, there)
        }
        let asked = condition(rule.request, rule.record, all: !rule.isDeny)
        result = diagrams.and(result, asked)
        for place in rule.unless {
            let exception = policies.exceptions[place]
            let lifts = condition(exception.request, exception.record, all: rule.isDeny)
            result = diagrams.minus(result, lifts)
        }
        return result
    }

    /// Where a premise of a statement holds.
    mutating func premise(_ premise: Invariant.Premise) -> Diagram {
        var result = condition(premise.request, premise.record, all: false)
        for fact in premise.facts {
            let asked = has(fact.place, fact.values)
            result = diagrams.and(result, asked)
        }
        return result
    }

    private mutating func condition(
        _ request: CompiledPolicies.RequestTest,
        _ record: CompiledPolicies.RecordTest,
        all: Bool
    ) -> Diagram {
        let asker = meets(request, all: all)
        let asked = holds(record)
        return diagrams.and(asker, asked)
    }

    /// The spans of time in which a rule is in force.
    private func days(of rule: CompiledPolicies.Rule) -> UInt64 {
        domain.days.indices.reduce(UInt64(0)) { bits, place in
            rule.validFrom <= domain.days[place] && domain.days[place] < rule.validUntil
                ? bits | 1 << UInt64(place) : bits
        }
    }

    private func countries(of rule: CompiledPolicies.Rule) -> UInt64 {
        domain.countries.enumerated().reduce(UInt64(0)) { bits, country in
            (policies.countries[country.element] ?? 0) & rule.countries != 0
                ? bits | 1 << UInt64(country.offset) : bits
        }
    }
}

/// The part of a condition that speaks of the request.
extension PointFormulas {
    mutating func meets(_ test: CompiledPolicies.RequestTest, all: Bool) -> Diagram {
        let places = domain.places
        var parts: [Diagram] = []
        if test.kinds != 0 { parts.append(has(places.kind, UInt64(test.kinds))) }
        if test.purposes.bits != 0 {
            parts.append(all ? areAll(in: test.purposes) : isAny(of: test.purposes))
        }
        if test.actions != 0 { parts.append(has(places.action, UInt64(test.actions))) }
        if test.relationships != 0 { parts.append(isRelated(test.relationships)) }
        if test.relationshipsNone != 0 {
            let related = isRelated(test.relationshipsNone)
            parts.append(diagrams.not(related))
        }
        if test.evidence != 0 {
            parts.append(anyYes(Self.places(places.evidence, UInt64(test.evidence))))
        }
        if let state = test.breakGlass { parts.append(breakGlass(state)) }
        if let dead = test.isDeceased { parts.append(has(places.status, dead ? 0b10 : 0b01)) }
        if !test.consents.isEmpty { parts.append(hasConsents(test.consents)) }
        if let ages = test.ages { parts.append(has(places.age, values(of: ages))) }
        if let place = test.textsAt { parts.append(hasTexts(tables.texts[Int(place)])) }
        return diagrams.and(parts)
    }

    static func places(_ places: [Int], _ bits: UInt64) -> [Int] {
        places.enumerated().filter { bits & 1 << UInt64($0.offset) != 0 }.map(\.element)
    }

    private mutating func isAny(of purposes: PurposeSet) -> Diagram {
        var result = Diagram.none
        for place in domain.places.purposes {
            let asked = has(place, Self.values(of: purposes))
            result = diagrams.or(result, asked)
        }
        return result
    }

    private mutating func areAll(in purposes: PurposeSet) -> Diagram {
        let values = Self.values(of: purposes)
        var result = Diagram.all
        for (number, place) in domain.places.purposes.enumerated() {
            let none: UInt64 = number == 0 ? 0 : 1 << UInt64(ProofDomain.noPurpose)
            let listed = has(place, values | none)
            result = diagrams.and(result, listed)
        }
        return result
    }

    private static func values(of purposes: PurposeSet) -> UInt64 {
        // The abstract root, which nobody may claim, stands first among the codes and is no value here.
        purposes.bits >> 1
    }

    private mutating func isRelated(_ bits: UInt32) -> Diagram {
        let places = domain.places
        let relations: [(Relationship, UInt64)] = [
            (.related, 0b11110), (.parent, 0b10100), (.personalRepresentative, 0b11000),
        ]
        let values = relations.reduce(UInt64(0)) { bits & $1.0.bit != 0 ? $0 | $1.1 : $0 }
        var result = has(places.relation, values)
        if bits & Relationship.part2Program.bit != 0 {
            let member = isYes(places.part2Program)
            result = diagrams.or(result, member)
        }
        // These stand to a patient in one way by what they are.
        let ways: [(Relationship, RequesterKind, Int)] = [
            (.patient, .patient, places.isSelf), (.treating, .clinician, places.treating),
            (.planOfClaim, .insurer, places.planOfClaim),
            (.planOfCoverage, .insurer, places.planOfCoverage),
        ]
        for (relationship, kind, place) in ways where bits & relationship.bit != 0 {
            let way = isKind(kind, and: place)
            result = diagrams.or(result, way)
        }
        return result
    }

    mutating func isKind(_ kind: RequesterKind) -> Diagram {
        has(domain.places.kind, UInt64(kind.bit))
    }

    mutating func isKind(_ kind: RequesterKind, and place: Int) -> Diagram {
        let right = isKind(kind)
        let yes = isYes(place)
        return diagrams.and(right, yes)
    }

    /// Sound, by a clinician, for treatment and nothing else: valid.
    ///
    /// Anything else that is declared: invalid.
    private mutating func breakGlass(_ state: PolicyRule.BreakGlassState) -> Diagram {
        let place = domain.places.breakGlass
        let none = has(place, 0b001)
        if state == .none { return none }
        let sound = has(place, 0b010)
        let valid = diagrams.and([sound, isKind(.clinician), areAll(in: .emergency)])
        if state == .valid { return valid }
        let declared = diagrams.not(none)
        return diagrams.minus(declared, valid)
    }

    mutating func hasConsents(_ states: PolicyRule.ConsentStates) -> Diagram {
        var values: UInt64 = 0
        if states.contains(.none) { values |= 0b0001 }
        if states.contains(.inForce) { values |= 0b1010 }
        if states.contains(.malformed) { values |= 0b1100 }
        return has(domain.places.consent, values)
    }

    /// Age groups, and pairs of them, that lie wholly inside.
    private func values(of ages: ClosedRange<Int16>) -> UInt64 {
        let groups = domain.ages
        func isInside(_ place: Int) -> Bool {
            let last = place + 1 < groups.count ? groups[place + 1] - 1 : 900
            return groups[place] >= Int(ages.lowerBound) && last <= Int(ages.upperBound)
        }
        var values: UInt64 = 0
        for place in groups.indices where isInside(place) {
            values |= 1 << UInt64(place)
            if place + 1 < groups.count, isInside(place + 1) {
                values |= 1 << UInt64(groups.count + place)
            }
        }
        return values
    }

    private mutating func hasTexts(_ texts: CompiledPolicies.Texts) -> Diagram {
        let places = domain.places
        let refused =
            texts.rolesNone.compactMap { places.roles[$0] }
            + texts.organizationsNone.compactMap { places.organizations[$0] }
        let barred = anyYes(refused)
        var result = diagrams.not(barred)
        if !texts.roles.isEmpty {
            let role = anyYes(texts.roles.compactMap { places.roles[$0] })
            result = diagrams.and(result, role)
        }
        if !texts.organizations.isEmpty {
            let member = anyYes(texts.organizations.compactMap { places.organizations[$0] })
            result = diagrams.and(result, member)
        }
        return result
    }
}
