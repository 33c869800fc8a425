/// The compiled rules and one statement as an SMT-LIB 2 script, so that a solver that knows nothing of the
/// prover checks it a second way: `unsat` means that no point contradicts the statement.
///
/// Written from the compiled numbers, not from the prover's walk: an error in one shows as a difference.
struct SMTFormula {
    let domain: ProofDomain
    let compiled: CompiledPolicies
    let tables: PremiseTables
    /// Facts that have other values in the second of two points.
    var change: [(place: Int, values: UInt64)] = []

    func or(_ parts: [String]) -> String {
        switch parts.count {
        case 0: "false"
        case 1: parts[0]
        default: "(or \(parts.joined(separator: " ")))"
        }
    }

    func and(_ parts: [String]) -> String {
        switch parts.count {
        case 0: "true"
        case 1: parts[0]
        default: "(and \(parts.joined(separator: " ")))"
        }
    }

    func not(_ part: String) -> String { "(not \(part))" }

    /// A variable's name, in the second point where it is changed there.
    private func name(_ place: Int) -> String {
        change.contains { $0.place == place } ? "w\(place)" : "v\(place)"
    }

    /// A value of six bits; 64 are the most that a variable has.
    private func number(_ value: Int) -> String { "(_ bv\(value) 6)" }

    /// Whether a variable has one of some values, as ranges.
    func has(_ place: Int, _ values: UInt64) -> String {
        let all = domain.variables[place].all
        let wanted = values & all
        if wanted == 0 { return "false" }
        if wanted == all { return "true" }
        let name = name(place)
        var ranges: [String] = []
        var rest = wanted
        while rest != 0 {
            let first = rest.trailingZeroBitCount
            let length = (~(rest >> UInt64(first))).trailingZeroBitCount
            let last = first + length - 1
            ranges.append(
                length == 1
                    ? "(= \(name) \(number(first)))"
                    : "(and (bvule \(number(first)) \(name)) (bvule \(name) \(number(last))))"
            )
            rest &= length + first >= 64 ? 0 : ~UInt64(0) << UInt64(first + length)
        }
        return or(ranges)
    }

    func isYes(_ place: Int) -> String { has(place, 0b10) }

    var declarations: [String] {
        domain.variables.enumerated().flatMap { place, variable in
            ["; v\(place): \(variable.name) = \(variable.values.joined(separator: " | "))"]
                + declaration("v\(place)", variable)
        }
    }

    /// The variables of the second point that differ, each with the values it may have there.
    var changedDeclarations: [String] {
        change.flatMap { place, values in
            declaration("w\(place)", domain.variables[place])
                + ["(assert \(has(place, values)))"]
        }
    }

    private func declaration(_ name: String, _ variable: ProofDomain.Variable) -> [String] {
        [
            "(declare-const \(name) (_ BitVec 6))",
            "(assert (bvule \(name) \(number(variable.values.count - 1))))",
        ]
    }

    // MARK: the request

    func isKind(_ kinds: UInt32) -> String { has(domain.places.kind, UInt64(kinds)) }

    func isAny(of purposes: PurposeSet) -> String {
        or(domain.places.purposes.map { has($0, purposes.bits >> 1) })
    }

    func areAll(in purposes: PurposeSet) -> String {
        let further = UInt64(1) << UInt64(ProofDomain.noPurpose)
        return and(
            domain.places.purposes.enumerated().map { number, place in
                has(place, purposes.bits >> 1 | (number == 0 ? 0 : further))
            }
        )
    }

    func isRelated(_ bits: UInt32) -> String {
        let places = domain.places
        let ways: [(Relationship, String)] = [
            (.related, not(has(places.relation, 0b00001))),
            (.parent, has(places.relation, 0b10100)),
            (.personalRepresentative, has(places.relation, 0b11000)),
            (.part2Program, isYes(places.part2Program)),
            (.patient, and([isKind(RequesterKind.patient.bit), isYes(places.isSelf)])),
            (.treating, and([isKind(RequesterKind.clinician.bit), isYes(places.treating)])),
            (.planOfClaim, and([isKind(RequesterKind.insurer.bit), isYes(places.planOfClaim)])),
            (
                .planOfCoverage,
                and([isKind(RequesterKind.insurer.bit), isYes(places.planOfCoverage)])
            ),
        ]
        return or(ways.filter { bits & $0.0.bit != 0 }.map(\.1))
    }

    func breakGlass(_ state: PolicyRule.BreakGlassState) -> String {
        let place = domain.places.breakGlass
        let valid = and([
            has(place, 0b010), isKind(RequesterKind.clinician.bit), areAll(in: .emergency),
        ])
        switch state {
        case .none: return has(place, 0b001)
        case .valid: return valid
        case .invalid: return and([not(has(place, 0b001)), not(valid)])
        }
    }

    func meets(_ test: CompiledPolicies.RequestTest, all: Bool) -> String {
        var parts: [String] = []
        let places = domain.places
        if test.kinds != 0 { parts.append(isKind(test.kinds)) }
        if test.purposes.bits != 0 {
            parts.append(all ? areAll(in: test.purposes) : isAny(of: test.purposes))
        }
        if test.actions != 0 { parts.append(has(places.action, UInt64(test.actions))) }
        if test.relationships != 0 { parts.append(isRelated(test.relationships)) }
        if test.relationshipsNone != 0 { parts.append(not(isRelated(test.relationshipsNone))) }
        if test.evidence != 0 {
            parts.append(anyYes(places.evidence, UInt64(test.evidence)))
        }
        if let state = test.breakGlass { parts.append(breakGlass(state)) }
        if let dead = test.isDeceased { parts.append(has(places.status, dead ? 0b10 : 0b01)) }
        if !test.consents.isEmpty { parts.append(hasConsents(test.consents)) }
        if let ages = test.ages { parts.append(isAged(ages)) }
        if let place = test.textsAt { parts += texts(tables.texts[Int(place)]) }
        return and(parts)
    }

    private func anyYes(_ places: [Int], _ bits: UInt64) -> String {
        or(
            places.enumerated().filter { bits & 1 << UInt64($0.offset) != 0 }.map {
                isYes($0.element)
            }
        )
    }

    func hasConsents(_ states: PolicyRule.ConsentStates) -> String {
        let ways: [(PolicyRule.ConsentStates, UInt64)] = [
            (.none, 0b0001), (.inForce, 0b1010), (.malformed, 0b1100),
        ]
        let values = ways.reduce(UInt64(0)) { states.contains($1.0) ? $0 | $1.1 : $0 }
        return has(domain.places.consent, values)
    }

    private func isAged(_ ages: ClosedRange<Int16>) -> String {
        let starts = domain.ages
        let inside = starts.indices.filter { place in
            let end = place + 1 < starts.count ? starts[place + 1] : 901
            return starts[place] >= Int(ages.lowerBound) && end <= Int(ages.upperBound) + 1
        }
        let pairs = inside.filter { inside.contains($0 + 1) }.map { $0 + starts.count }
        let values = (inside + pairs).reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
        return has(domain.places.age, values)
    }

    private func texts(_ texts: CompiledPolicies.Texts) -> [String] {
        let places = domain.places
        func any(_ texts: [String], _ table: [String: Int]) -> String {
            or(texts.compactMap { table[$0].map { isYes($0) } })
        }
        var parts = [
            not(any(texts.rolesNone, places.roles)),
            not(any(texts.organizationsNone, places.organizations)),
        ]
        if !texts.roles.isEmpty { parts.append(any(texts.roles, places.roles)) }
        if !texts.organizations.isEmpty {
            parts.append(any(texts.organizations, places.organizations))
        }
        return parts
    }

    // MARK: the record

    func holds(_ test: CompiledPolicies.RecordTest) -> String {
        var parts: [String] = []
        let places = domain.places
        if test.categories != 0 { parts.append(has(places.category, test.categories)) }
        if test.categoriesNone != 0 { parts.append(not(has(places.category, test.categoriesNone))) }
        if test.labels != 0 { parts.append(anyYes(places.labels, UInt64(test.labels))) }
        if test.labelsNone != 0 {
            parts.append(not(anyYes(places.labels, UInt64(test.labelsNone))))
        }
        if let place = test.detailsAt { parts += details(tables.conditions[Int(place)]) }
        return and(parts)
    }

    private func details(_ condition: PolicyRule.RecordCondition) -> [String] {
        var parts: [String] = []
        let places = domain.places
        if !condition.types.isEmpty { parts.append(isOf(condition.types)) }
        if !condition.typesNone.isEmpty { parts.append(not(isOf(condition.typesNone))) }
        if let time = condition.time {
            parts.append(places.times[time].map { isYes($0) } ?? "false")
        }
        for marks in [condition.marks, condition.authors, condition.encounters]
        where !marks.isEmpty {
            parts.append(hasMark(marks))
        }
        if let naming = condition.consent { parts.append(isNamed(condition.labels, naming)) }
        return parts
    }

    private func isOf(_ types: [String]) -> String {
        let values = types.compactMap { domain.types.firstIndex(of: $0) }
            .reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
        return has(domain.places.type, values)
    }

    private func hasMark(_ marks: PolicyRule.Marks) -> String {
        let payment: PolicyRule.Marks = [.claim, .billed, .coverage]
        var ways: [String] = []
        for (number, place) in domain.places.marks.enumerated() {
            let mark = PolicyRule.Marks(rawValue: 1 << UInt16(number))
            guard marks.contains(mark) else { continue }
            ways.append(
                payment.contains(mark)
                    ? and([isKind(RequesterKind.insurer.bit), isYes(place)]) : isYes(place)
            )
            if mark == .minorControlled {
                ways.append(isYes(domain.places.labels[SensitivityLabel.minorControlled.rank]))
            }
        }
        return or(ways)
    }

    private func isNamed(_ labels: UInt32, _ naming: PolicyRule.ConsentNaming) -> String {
        guard let place = domain.places.names[labels] else { return "false" }
        let values: UInt64 =
            switch naming {
            case .class: 0b1110
            case .explicit: 0b1100
            case .separate: 0b1000
            }
        return and([hasConsents(.inForce), has(place, values)])
    }
}
