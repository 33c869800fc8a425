/// The part of a condition that speaks of the record.
extension PointFormulas {
    mutating func holds(_ test: CompiledPolicies.RecordTest) -> Diagram {
        let places = domain.places
        var parts: [Diagram] = []
        if test.categories != 0 { parts.append(has(places.category, test.categories)) }
        if test.categoriesNone != 0 {
            parts.append(has(places.category, ~test.categoriesNone))
        }
        if test.labels != 0 { parts.append(hasLabel(test.labels)) }
        if test.labelsNone != 0 {
            let labelled = hasLabel(test.labelsNone)
            parts.append(diagrams.not(labelled))
        }
        if let place = test.detailsAt { parts += details(tables.conditions[Int(place)]) }
        return diagrams.and(parts)
    }

    private mutating func details(_ condition: PolicyRule.RecordCondition) -> [Diagram] {
        let places = domain.places
        var parts: [Diagram] = []
        if !condition.types.isEmpty {
            parts.append(has(places.type, values(ofTypes: condition.types)))
        }
        if !condition.typesNone.isEmpty {
            parts.append(has(places.type, ~values(ofTypes: condition.typesNone)))
        }
        if let time = condition.time {
            if let place = places.times[time] {
                parts.append(isYes(place))
            } else {
                parts.append(.none)
            }
        }
        for marks in [condition.marks, condition.authors, condition.encounters]
        where !marks.isEmpty {
            parts.append(hasMark(marks))
        }
        if let naming = condition.consent { parts.append(isNamed(condition.labels, naming)) }
        return parts
    }

    private mutating func hasLabel(_ bits: UInt32) -> Diagram {
        anyYes(Self.places(domain.places.labels, UInt64(bits)))
    }

    private mutating func hasMark(_ marks: PolicyRule.Marks) -> Diagram {
        let payment: PolicyRule.Marks = [.claim, .billed, .coverage]
        var result = Diagram.none
        for number in 0..<PolicyRule.Marks.count {
            let mark = PolicyRule.Marks(rawValue: 1 << UInt16(number))
            guard marks.contains(mark) else { continue }
            let place = domain.places.marks[number]
            // Claims and coverages are looked at for insurers only.
            let marked =
                payment.contains(mark) ? isKind(.insurer, and: place) : isYes(place)
            result = diagrams.or(result, marked)
            if mark == .minorControlled {
                let labelled = hasLabel(LabelSet([.minorControlled]).bits)
                result = diagrams.or(result, labelled)
            }
        }
        return result
    }

    private func values(ofTypes types: [String]) -> UInt64 {
        types.reduce(0) { bits, type in
            domain.types.firstIndex(of: type).map { bits | 1 << UInt64($0) } ?? bits
        }
    }

    /// Whether a consent names labels: `separate` is explicit, and `explicit` names the class.
    private mutating func isNamed(
        _ labels: UInt32,
        _ naming: PolicyRule.ConsentNaming
    ) -> Diagram {
        guard let place = domain.places.names[labels] else { return .none }
        let values: UInt64 =
            switch naming {
            case .class: 0b1110
            case .explicit: 0b1100
            case .separate: 0b1000
            }
        let readable = hasConsents(.inForce)
        let named = has(place, values)
        return diagrams.and(readable, named)
    }
}
