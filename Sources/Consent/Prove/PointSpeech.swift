/// What the layers say at a set of points: the walk of a decision, with a ``PointReader`` for facts.
struct PointSpeech: LayerSpeech {
    let reader: PointReader
    let policies: CompiledPolicies
    /// Where each layer's rules stand; 6 for obligations.
    let layers: [Range<Int>]
    /// Rules that permit.
    let permitting: [Int]
    /// By rule, the spans of time in which it is in force.
    let days: [UInt64]
    /// By rule, the countries it is limited to.
    let countries: [UInt64]

    init(_ policies: CompiledPolicies, _ reader: PointReader) {
        self.policies = policies
        self.reader = reader
        layers = (0...6).map { layer in
            let start = policies.rules.firstIndex { $0.layer >= layer } ?? policies.rules.count
            let end = policies.rules.firstIndex { $0.layer > layer } ?? policies.rules.count
            return start..<end
        }
        permitting = policies.rules.indices.filter {
            policies.rules[$0].layer < 6 && !policies.rules[$0].isDeny
        }
        let domain = reader.domain
        days = policies.rules.map { rule in
            domain.days.indices.reduce(UInt64(0)) { bits, place in
                rule.validFrom <= domain.days[place] && domain.days[place] < rule.validUntil
                    ? bits | 1 << UInt64(place) : bits
            }
        }
        countries = policies.rules.map { rule in
            domain.countries.enumerated().reduce(UInt64(0)) { bits, country in
                (policies.countries[country.element] ?? 0) & rule.countries != 0
                    ? bits | 1 << UInt64(country.offset) : bits
            }
        }
    }

    func isRefused() -> Bool {
        reader.ask(reader.domain.places.purposes[0], 1 << UInt64(ProofDomain.noPurpose))
    }

    func isPatient() -> Bool { reader.isKind(.patient) && reader.ask(reader.domain.places.isSelf) }

    func rules(_ layer: Layer) -> Possible {
        var said: Possible = .silent
        for place in layers[layer.order] {
            let rule = policies.rules[place]
            if said == .permit, !rule.isDeny { continue }
            guard applies(place) else { continue }
            if rule.isDeny { return .deny }
            said = .permit
        }
        return said
    }

    func absolute() -> Possible {
        reader.ask(reader.domain.places.absolute) ? .deny : .silent
    }

    /// A malformed consent denies; else what consents and restrictions say together.
    func directives() -> Possible {
        if reader.ask(reader.domain.places.consent, 0b1100) { return .deny }
        if reader.ask(reader.domain.places.said, 0b100) { return .deny }
        let permits =
            reader.ask(reader.domain.places.said, 0b010)
            && reader.ask(reader.domain.places.consent, 0b0010)
        return permits ? .permit : .silent
    }

    func closesDefault() -> Truth {
        Truth(
            reader.ask(reader.domain.places.consent, 0b1010)
                && reader.ask(reader.domain.places.closes)
        )
    }

    func applies(_ place: Int) -> Bool {
        let rule = policies.rules[place]
        let places = reader.domain.places
        guard reader.ask(places.day, days[place]),
            rule.countries == 0 || reader.ask(places.country, countries[place]),
            reader.meets(rule.request, policies.texts, all: !rule.isDeny),
            reader.holds(rule.record, policies.conditions)
        else { return false }
        return !rule.unless.contains { place in
            let exception = policies.exceptions[place]
            return reader.meets(exception.request, policies.texts, all: rule.isDeny)
                && reader.holds(exception.record, policies.conditions)
        }
    }

    /// Whether anything could permit at all: if nothing does, no layer need be asked.
    ///
    /// Asked before a walk, for most points end here.
    func mayPermit() -> Bool {
        let permits =
            reader.ask(reader.domain.places.said, 0b010)
            && reader.ask(reader.domain.places.consent, 0b0010)
        return permits || permitting.contains { applies($0) }
    }

    /// Obligations of a release: bits of ``CompiledPolicies/obligations``.
    func obligations(_ layer: Layer, of wanted: UInt64) -> UInt64 {
        var due: UInt64 = 0
        for place in [layers[layer.order], layers[6]].joined() {
            let rule = policies.rules[place]
            let isNew = rule.obligations & wanted & ~due != 0
            if isNew, !rule.isDeny, applies(place) { due |= rule.obligations }
        }
        return due
    }
}
