internal import FHIRModel
internal import VaultCore

/// What a walk through the layers found.
struct Answer {
    var canPermit = false
    var canDeny = false
    /// The layer that decided; for an answer that depends, the last that could.
    var layer = Layer.defaultDeny
    /// The first layer that could permit.
    var permitLayer = Layer.defaultDeny

    var isPermit: Bool { canPermit && !canDeny }

    /// Takes what a layer may say; true where the layer leaves nothing open below it.
    mutating func take(_ possible: Possible, _ layer: Layer) -> Bool {
        if possible.contains(.deny) {
            canDeny = true
            self.layer = layer
        }
        if possible.contains(.permit) {
            if !canPermit { permitLayer = layer }
            canPermit = true
            self.layer = layer
        }
        return !possible.contains(.silent)
    }
}

extension DecisionContext {
    /// Walks through the layers in order; the first that speaks decides.
    func evaluate(_ view: RecordView) -> Answer {
        var answer = Answer()
        if refusal != nil {
            answer.canDeny = true
            return answer
        }
        if answer.take(rules(.lawHard, view), .lawHard) { return answer }
        if isPatient {
            // Directives speak about others; the patient's own access is the law's matter alone.
            if answer.take(rules(.lawDefault, view), .lawDefault) { return answer }
            answer.canDeny = true
            answer.layer = .defaultDeny
            return answer
        }
        let absolute = rules(.patientAbsolute, view).combined(with: absoluteDirectives(view))
        if answer.take(absolute, .patientAbsolute) { return answer }
        if answer.take(rules(.emergency, view), .emergency) { return answer }
        let (directives, closed) = directives(view)
        let spoken = directives.combined(with: rules(.patientDeny, view))
        if answer.take(spoken.subtracting(.permit).orSilent(if: spoken), .patientDeny) {
            return answer
        }
        let allowed = spoken.subtracting(.deny).combined(with: rules(.patientPermit, view))
        if answer.take(allowed, .patientPermit) { return answer }
        if closed != .no {
            answer.canDeny = true
            answer.layer = .defaultDeny
            if closed == .yes { return answer }
        }
        if answer.take(rules(.lawDefault, view), .lawDefault) { return answer }
        answer.canDeny = true
        answer.layer = .defaultDeny
        return answer
    }

    var isPatient: Bool { relationships & Relationship.patient.bit != 0 }

    /// What the rules of one layer may say.
    func rules(_ layer: Layer, _ view: RecordView) -> Possible {
        var possible: Possible = .silent
        for place in layerStarts.range(layer.order) {
            let said: Possible = liveRules[place].isDeny ? .deny : .permit
            switch applies(liveRules[place], view) {
            case .no: continue
            case .yes: possible = possible.combined(with: said)
            case .unknown: possible = possible.combined(with: said.union(.silent))
            }
            if possible == .deny { return possible }
        }
        return possible
    }

    func applies(_ rule: LiveRule, _ view: RecordView) -> Truth {
        var truth = holds(rule.record, view)
        for place in rule.unless where truth != .no {
            truth = truth && !holds(liveExceptions[place], view)
        }
        return truth
    }

    /// Directives that hold even in an emergency; those of consents speak only where one is declared.
    private func absoluteDirectives(_ view: RecordView) -> Possible {
        var possible: Possible = .silent
        for restriction in liveRestrictions where restriction.isAbsolute {
            possible = possible.combined(with: self.restriction(restriction, view))
        }
        guard request.breakGlass != nil else { return possible }
        for consent in liveConsents where consent.hasAbsolute {
            let said = says(consent, view, onlyAbsolute: true)
            possible = possible.combined(with: said.subtracting(.permit).orSilent(if: said))
        }
        return possible
    }

    /// What consents and restrictions say together, and whether they close the default law.
    private func directives(_ view: RecordView) -> (Possible, closed: Truth) {
        if !malformed.isEmpty { return (.deny, .no) }
        var possible: Possible = .silent
        var closed: Truth = .no
        for restriction in liveRestrictions where !restriction.isAbsolute {
            possible = possible.combined(with: self.restriction(restriction, view))
        }
        for consent in liveConsents {
            possible = possible.combined(with: says(consent, view, onlyAbsolute: false))
            if consent.closesDefault {
                let root = liveProvisions[consent.nodes.lowerBound]
                closed = closed || !coversData(root, consent, 0, view)
            }
        }
        return (possible, closed)
    }

    private func restriction(_ live: LiveRestriction, _ view: RecordView) -> Possible {
        let restriction = facts.tables.restrictions[live.restriction]
        guard !restriction.items.isEmpty else { return .deny }
        guard let detail = view.detail else { return [.deny, .silent] }
        guard let key = detail.key else { return .deny }
        return restriction.items.contains(key) ? .deny : .silent
    }
}

extension Possible {
    /// Silence in place of the answers that were taken out.
    func orSilent(if all: Possible) -> Possible {
        all.isDisjoint(with: [.permit, .silent]) ? self : union(.silent)
    }
}
