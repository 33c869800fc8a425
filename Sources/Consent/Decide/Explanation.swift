internal import FHIRModel
internal import VaultCore

extension DecisionCore {
    /// The answer with its reasons as numbers.
    func decision(_ view: RecordView) -> Decision {
        let answer = evaluate(view)
        let effect: Effect = answer.canPermit ? .permit : .deny
        let layer = answer.canPermit ? answer.permitLayer : answer.layer
        return Decision(
            effect: effect,
            layer: layer,
            core: self,
            reasons: reasons(view, layer, effect),
            due: effect == .permit ? obligations(view, layer) : 0
        )
    }

    /// The rules of a layer that said what decided.
    private func reasons(_ view: RecordView, _ layer: Layer, _ effect: Effect) -> Reasons {
        var reasons = Reasons()
        if refusal != nil {
            reasons.add(.refusal)
            return reasons
        }
        if layer == .defaultDeny {
            addClosing(view, to: &reasons)
        } else {
            for place in layerStarts.range(layer.order) {
                let live = liveRules[place]
                if live.isDeny == (effect == .deny), applies(live, view) != .no {
                    reasons.add(.rule, Int(live.rule))
                }
            }
            addDirectives(view, layer, effect, to: &reasons)
        }
        if reasons.isEmpty { reasons.add(.silence) }
        return reasons
    }

    private func addDirectives(
        _ view: RecordView,
        _ layer: Layer,
        _ effect: Effect,
        to reasons: inout Reasons
    ) {
        guard layer == .patientAbsolute || layer == .patientDeny || layer == .patientPermit,
            !isPatient
        else { return }
        if layer == .patientDeny {
            for place in malformed { reasons.add(.malformed, place) }
        }
        if layer != .patientPermit {
            for live in liveRestrictions where live.isAbsolute == (layer == .patientAbsolute) {
                if says(live, view).contains(.deny) {
                    reasons.add(.restriction, live.restriction)
                }
            }
        }
        for live in liveConsents { add(live, view, layer, effect, to: &reasons) }
    }

    private func add(
        _ live: LiveConsent,
        _ view: RecordView,
        _ layer: Layer,
        _ effect: Effect,
        to reasons: inout Reasons
    ) {
        let wanted: Possible = effect == .permit ? .permit : .deny
        let onlyAbsolute = layer == .patientAbsolute
        guard says(live, view, onlyAbsolute: onlyAbsolute).contains(wanted) else { return }
        for place in live.nodes where matching.contains(place) {
            let node = facts.tables.interned.provisions[place]
            guard !isMuted(node), (node.kind == .permit) == (effect == .permit),
                !onlyAbsolute || node.isAbsolute, covers(place, live, view) != .no
            else { continue }
            reasons.add(.provision, place)
        }
    }

    /// Why the default law was not asked: a consent in PCF form that does not cover the record.
    private func addClosing(_ view: RecordView, to reasons: inout Reasons) {
        for live in liveConsents where live.closesDefault {
            if coversData(live.nodes.lowerBound, live, view) != .yes {
                reasons.add(.residual, live.consent)
            }
        }
    }

    /// What travels with a release: obligations of the rules that permit, and of rules that only oblige; bits
    /// of ``CompiledPolicies/obligations``.
    private func obligations(_ view: RecordView, _ layer: Layer) -> UInt64 {
        var due: UInt64 = 0
        if layer != .defaultDeny {
            for place in layerStarts.range(layer.order) {
                let live = liveRules[place]
                guard !live.isDeny else { continue }
                let bits = policies.compiled.rules[Int(live.rule)].obligations
                if bits & ~due != 0, applies(live, view) != .no { due |= bits }
            }
        }
        // A notice about a label goes with records that may have it, not with every request as a whole.
        let least: Truth = view.labels == nil ? .yes : .unknown
        for place in layerStarts.range(6) {
            let live = liveRules[place]
            if applies(live, view).rawValue >= least.rawValue {
                due |= policies.compiled.rules[Int(live.rule)].obligations
            }
        }
        return due
    }
}

extension DecisionCore {
    /// Reasons in words, sorted by id.
    func rules(_ reasons: Reasons, _ layer: Layer, _ effect: Effect) -> [DeterminingRule] {
        reasons.all.map { rule($0.source, $0.place, layer, effect) }.sorted { $0.id < $1.id }
    }

    private func rule(
        _ source: Reasons.Source,
        _ place: Int,
        _ layer: Layer,
        _ effect: Effect
    ) -> DeterminingRule {
        let consents = facts.tables.consents
        switch source {
        case .rule:
            let rule = policies.rules[place]
            return DeterminingRule(
                id: rule.id,
                layer: layer,
                effect: effect,
                title: rule.title,
                basis: rule.legalBasis
            )
        case .provision:
            let title =
                effect == .permit
                ? "the patient's consent allows it" : "the patient's consent forbids it"
            return named("consent:\(name(ofProvision: place))", layer, effect, title)
        case .malformed:
            let id = "consent:\(consents[place].id)"
            return named(id, layer, .deny, "an active consent that cannot be read")
        case .restriction:
            let restriction = facts.tables.restrictions[place]
            let title = "a restriction: \(restriction.kind.rawValue)"
            return named("restriction:\(restriction.id)", layer, .deny, title)
        case .residual:
            return named(
                "consent:\(consents[place].id)#residual",
                .defaultDeny,
                .deny,
                "the patient's consent covers other records and nothing else is open"
            )
        case .refusal: return named("request-incomplete", .defaultDeny, .deny, refusal ?? "")
        case .silence: return named("default-deny", .defaultDeny, .deny, "no rule permits this")
        }
    }

    private func named(
        _ id: String,
        _ layer: Layer,
        _ effect: Effect,
        _ title: String
    ) -> DeterminingRule {
        DeterminingRule(id: id, layer: layer, effect: effect, title: title, basis: [])
    }

    /// `Consent/1#1.2`.
    private func name(ofProvision place: Int) -> String {
        let nodes = facts.tables.interned.consents
        guard let consent = nodes.firstIndex(where: { $0.nodes.contains(place) }) else {
            return "?"
        }
        let directive = facts.tables.consents[consent]
        let provision = directive.provisions[place - nodes[consent].nodes.lowerBound]
        return "\(directive.id)#\(provision.path)"
    }
}
