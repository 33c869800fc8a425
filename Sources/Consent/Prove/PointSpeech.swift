/// What the layers say at points of the domain, as sets; the walk of a decision is taken with them.
struct LayerSets {
    /// By ``Layer/order``, where a rule of the layer denies.
    private(set) var denies: [Diagram] = []
    /// By ``Layer/order``, where a rule of the layer permits.
    private(set) var permits: [Diagram] = []
    /// By rule, where it speaks.
    private(set) var rules: [Diagram] = []
    let isRefused: Diagram
    let isPatient: Diagram
    let absolute: Diagram
    let directivesDeny: Diagram
    let directivesPermit: Diagram
    let closesDefault: Diagram

    init(_ formulas: inout PointFormulas) {
        let places = formulas.domain.places
        isRefused = formulas.has(places.purposes[0], 1 << UInt64(ProofDomain.noPurpose))
        isPatient = formulas.isKind(.patient, and: places.isSelf)
        absolute = formulas.isYes(places.absolute)
        // A malformed consent denies; else what consents and restrictions say together.
        let malformed = formulas.hasConsents(.malformed)
        let readable = formulas.hasConsents(.inForce)
        let no = formulas.has(places.said, 0b100)
        let yes = formulas.has(places.said, 0b010)
        directivesDeny = formulas.diagrams.or(malformed, no)
        directivesPermit = formulas.diagrams.and(yes, readable)
        let closes = formulas.isYes(places.closes)
        closesDefault = formulas.diagrams.and(readable, closes)
        for place in formulas.policies.rules.indices { rules.append(formulas.applies(place)) }
        for layer in 0..<6 {
            denies.append(Self.speak(layer, denying: true, rules, &formulas))
            permits.append(Self.speak(layer, denying: false, rules, &formulas))
        }
    }

    private static func speak(
        _ layer: Int,
        denying: Bool,
        _ sets: [Diagram],
        _ formulas: inout PointFormulas
    ) -> Diagram {
        let all = formulas.policies.rules
        let own = all.indices.filter { all[$0].layer == layer && all[$0].isDeny == denying }
        return formulas.diagrams.or(own.map { sets[$0] })
    }
}

/// Puts the walk's questions to a point, or to a set of points that it splits where the answer differs.
protocol PointAsking {
    /// Whether the present points are in a set; afterwards all of them are, or none.
    mutating func ask(_ set: Diagram) -> Bool
}

/// The walk of a decision over points: ``LayerWalk`` with a set or a point in place of facts.
struct PointSpeech<Asking: PointAsking>: LayerSpeech {
    let sets: LayerSets
    var points: Asking

    mutating func isRefused() -> Bool { points.ask(sets.isRefused) }

    mutating func isPatient() -> Bool { points.ask(sets.isPatient) }

    mutating func rules(_ layer: Layer) -> Possible {
        if points.ask(sets.denies[layer.order]) { return .deny }
        return points.ask(sets.permits[layer.order]) ? .permit : .silent
    }

    mutating func absolute() -> Possible { points.ask(sets.absolute) ? .deny : .silent }

    mutating func directives() -> Possible {
        if points.ask(sets.directivesDeny) { return .deny }
        return points.ask(sets.directivesPermit) ? .permit : .silent
    }

    mutating func closesDefault() -> Truth { Truth(points.ask(sets.closesDefault)) }
}

/// One point, one bit for each fact.
struct SinglePoint: PointAsking {
    let diagrams: Diagrams
    let point: [UInt64]

    func ask(_ set: Diagram) -> Bool { diagrams.contains(set, point) }
}

/// A set of points: where a question has two answers in it, the walk goes on with those of the yes, and the
/// others are put aside and walked later, from the start.
struct SplitPoints: PointAsking {
    var diagrams: Diagrams
    private(set) var present = Diagram.none
    private var waiting: [Diagram] = [.all]

    init(_ diagrams: Diagrams) { self.diagrams = diagrams }

    /// Takes the next set of points; false where all are walked.
    mutating func next() -> Bool {
        guard let set = waiting.popLast() else { return false }
        present = set
        return true
    }

    mutating func ask(_ set: Diagram) -> Bool {
        let yes = diagrams.and(present, set)
        if yes == .none { return false }
        if yes == present { return true }
        waiting.append(diagrams.minus(present, set))
        present = yes
        return true
    }
}
