internal import VaultCore

/// Answers the evaluator's questions about a set of points, and splits the set where the answer differs.
///
/// A set of points is one mask of possible values for each variable. A question about a variable splits its
/// mask in two: the walk goes on with one half, the other is put aside and walked later, from the start. At
/// the end of a walk the masks hold every point for which it took exactly this course: the facts that it did
/// not read are still open, and cannot have changed the answer.
final class PointReader {
    let domain: ProofDomain
    private(set) var masks: [UInt64]
    /// Sets that wait, one after the other.
    private var waiting: [UInt64] = []
    /// A variable that is read as another value than the point's, for statements that compare two points.
    var change: (place: Int, value: UInt64)?

    init(_ domain: ProofDomain) {
        self.domain = domain
        masks = domain.variables.map(\.all)
        waiting = masks
    }

    /// Takes the next set of points; false where all are walked.
    func next() -> Bool {
        let count = masks.count
        guard waiting.count >= count else { return false }
        for place in 0..<count { masks[place] = waiting[waiting.count - count + place] }
        waiting.removeLast(count)
        change = nil
        return true
    }

    /// Walks one set only.
    func only(_ masks: [UInt64]) {
        waiting = []
        self.masks = masks
        change = nil
    }

    /// Whether a variable has one of some values.
    func ask(_ place: Int, _ values: UInt64) -> Bool {
        if let change, change.place == place { return change.value & values != 0 }
        let mask = masks[place]
        let yes = mask & values
        if yes == 0 { return false }
        if yes == mask { return true }
        waiting += masks
        waiting[waiting.count - masks.count + place] = mask & ~values
        masks[place] = yes
        return true
    }

    /// Whether a yes-or-no variable is yes.
    func ask(_ place: Int) -> Bool { ask(place, 0b10) }

    /// How many points the present set holds.
    var pointCount: Double { masks.reduce(1) { $0 * Double($1.nonzeroBitCount) } }
}

/// The questions of the policies' rules, put to a set of points.
extension PointReader {
    /// Whether the part of a condition that speaks of the request holds.
    func meets(
        _ test: CompiledPolicies.RequestTest,
        _ texts: [CompiledPolicies.Texts],
        all: Bool
    ) -> Bool {
        let places = domain.places
        if test.kinds != 0, !ask(places.kind, UInt64(test.kinds)) { return false }
        if test.purposes.bits != 0 {
            if !(all ? areAll(in: test.purposes) : isAny(of: test.purposes)) { return false }
        }
        if test.actions != 0, !ask(places.action, UInt64(test.actions)) { return false }
        if test.relationships != 0, !isRelated(test.relationships) { return false }
        if test.relationshipsNone != 0, isRelated(test.relationshipsNone) { return false }
        if test.evidence != 0, !hasEvidence(test.evidence) { return false }
        if let state = test.breakGlass, state != breakGlass() { return false }
        if let dead = test.isDeceased, !ask(places.status, dead ? 0b10 : 0b01) { return false }
        if !test.consents.isEmpty, !hasConsents(test.consents) { return false }
        if let ages = test.ages, !ask(places.age, values(of: ages)) { return false }
        guard let place = test.textsAt else { return true }
        return hasTexts(texts[Int(place)])
    }

    func isAny(of purposes: PurposeSet) -> Bool {
        domain.places.purposes.contains { ask($0, Self.values(of: purposes)) }
    }

    func areAll(in purposes: PurposeSet) -> Bool {
        let values = Self.values(of: purposes)
        return domain.places.purposes.enumerated().allSatisfy { number, place in
            ask(place, number == 0 ? values : values | 1 << UInt64(ProofDomain.noPurpose))
        }
    }

    static func values(of purposes: PurposeSet) -> UInt64 {
        // The abstract root, which nobody may claim, stands first among the codes and is no value here.
        purposes.bits >> 1
    }

    private func isRelated(_ bits: UInt32) -> Bool {
        let places = domain.places
        let relations: [(Relationship, UInt64)] = [
            (.related, 0b11110), (.parent, 0b10100), (.personalRepresentative, 0b11000),
        ]
        let values = relations.reduce(UInt64(0)) { bits & $1.0.bit != 0 ? $0 | $1.1 : $0 }
        if values != 0, ask(places.relation, values) { return true }
        if bits & Relationship.part2Program.bit != 0, ask(places.part2Program) { return true }
        // These stand to a patient in one way by what they are.
        if bits & Relationship.patient.bit != 0, isKind(.patient), ask(places.isSelf) {
            return true
        }
        if bits & Relationship.treating.bit != 0, isKind(.clinician), ask(places.treating) {
            return true
        }
        guard bits & (Relationship.planOfClaim.bit | Relationship.planOfCoverage.bit) != 0,
            isKind(.insurer)
        else { return false }
        return bits & Relationship.planOfClaim.bit != 0 && ask(places.planOfClaim)
            || bits & Relationship.planOfCoverage.bit != 0 && ask(places.planOfCoverage)
    }

    func isKind(_ kind: RequesterKind) -> Bool { ask(domain.places.kind, UInt64(kind.bit)) }

    private func hasEvidence(_ bits: UInt32) -> Bool {
        domain.places.evidence.enumerated().contains { number, place in
            bits & 1 << UInt32(number) != 0 && ask(place)
        }
    }

    /// Sound, by a clinician, for treatment and nothing else: valid.
    ///
    /// Anything else that is declared: invalid.
    func breakGlass() -> PolicyRule.BreakGlassState {
        if ask(domain.places.breakGlass, 0b001) { return .none }
        let isValid =
            ask(domain.places.breakGlass, 0b010) && isKind(.clinician)
            && areAll(in: .emergency)
        return isValid ? .valid : .invalid
    }

    private func hasConsents(_ states: PolicyRule.ConsentStates) -> Bool {
        var values: UInt64 = 0
        if states.contains(.none) { values |= 0b0001 }
        if states.contains(.inForce) { values |= 0b1010 }
        if states.contains(.malformed) { values |= 0b1100 }
        return ask(domain.places.consent, values)
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

    private func hasTexts(_ texts: CompiledPolicies.Texts) -> Bool {
        let places = domain.places
        func hasAny(_ texts: [String], _ table: [String: Int]) -> Bool {
            texts.contains { table[$0].map { ask($0) } ?? false }
        }
        if !texts.roles.isEmpty, !hasAny(texts.roles, places.roles) { return false }
        if hasAny(texts.rolesNone, places.roles) { return false }
        if hasAny(texts.organizationsNone, places.organizations) { return false }
        return texts.organizations.isEmpty || hasAny(texts.organizations, places.organizations)
    }
}

extension PointReader {
    /// Whether the part of a condition that speaks of the record holds.
    func holds(
        _ test: CompiledPolicies.RecordTest,
        _ conditions: [PolicyRule.RecordCondition]
    ) -> Bool {
        let places = domain.places
        if test.categories != 0, !ask(places.category, test.categories) { return false }
        if test.categoriesNone != 0, ask(places.category, test.categoriesNone) { return false }
        if test.labels != 0, !hasLabel(test.labels) { return false }
        if test.labelsNone != 0, hasLabel(test.labelsNone) { return false }
        guard let place = test.detailsAt else { return true }
        let condition = conditions[Int(place)]
        if !condition.types.isEmpty, !ask(places.type, values(ofTypes: condition.types)) {
            return false
        }
        if !condition.typesNone.isEmpty, ask(places.type, values(ofTypes: condition.typesNone)) {
            return false
        }
        if let time = condition.time, !(places.times[time].map { ask($0) } ?? false) {
            return false
        }
        for marks in [condition.marks, condition.authors, condition.encounters]
        where !marks.isEmpty {
            if !hasMark(marks) { return false }
        }
        guard let naming = condition.consent else { return true }
        return isNamed(condition.labels, naming)
    }

    private func hasLabel(_ bits: UInt32) -> Bool {
        domain.places.labels.enumerated().contains { rank, place in
            bits & 1 << UInt32(rank) != 0 && ask(place)
        }
    }

    private func hasMark(_ marks: PolicyRule.Marks) -> Bool {
        let payment: PolicyRule.Marks = [.claim, .billed, .coverage]
        for number in 0..<PolicyRule.Marks.count {
            let mark = PolicyRule.Marks(rawValue: 1 << UInt16(number))
            guard marks.contains(mark) else { continue }
            // Claims and coverages are looked at for insurers only.
            if payment.contains(mark), !isKind(.insurer) { continue }
            if mark == .minorControlled, hasLabel(LabelSet([.minorControlled]).bits) { return true }
            if ask(domain.places.marks[number]) { return true }
        }
        return false
    }

    private func values(ofTypes types: [String]) -> UInt64 {
        types.reduce(0) { bits, type in
            domain.types.firstIndex(of: type).map { bits | 1 << UInt64($0) } ?? bits
        }
    }

    /// Whether a consent names labels: `separate` is explicit, and `explicit` names the class.
    private func isNamed(_ labels: UInt32, _ naming: PolicyRule.ConsentNaming) -> Bool {
        guard hasConsents(.inForce), let place = domain.places.names[labels] else { return false }
        switch naming {
        case .class: return ask(place, 0b1110)
        case .explicit: return ask(place, 0b1100)
        case .separate: return ask(place, 0b1000)
        }
    }
}
