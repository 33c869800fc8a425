internal import FHIRModel
internal import VaultCore

extension DecisionContext {
    /// The rules of a layer that said what decided, sorted by id.
    func determining(_ view: RecordView, layer: Layer, effect: Effect) -> [DeterminingRule] {
        var found: [DeterminingRule] = []
        if let refusal {
            return [named("request-incomplete", .defaultDeny, .deny, refusal)]
        }
        for live in liveRules[layerStarts.range(layer.order)]
        where live.isDeny == (effect == .deny) && layer != .defaultDeny {
            guard applies(live, view) != .no else { continue }
            let rule = policies.rules[live.rule]
            found.append(
                DeterminingRule(
                    id: rule.id,
                    layer: layer,
                    effect: effect,
                    title: rule.title,
                    basis: rule.legalBasis
                )
            )
        }
        found += directives(view, layer: layer, effect: effect)
        if found.isEmpty, layer == .defaultDeny {
            found = closing(view)
        }
        if found.isEmpty {
            found = [named("default-deny", .defaultDeny, .deny, "no rule permits this")]
        }
        return found.sorted { $0.id < $1.id }
    }

    private func named(
        _ id: String,
        _ layer: Layer,
        _ effect: Effect,
        _ title: String
    ) -> DeterminingRule {
        DeterminingRule(id: id, layer: layer, effect: effect, title: title, basis: [])
    }

    private func directives(
        _ view: RecordView,
        layer: Layer,
        effect: Effect
    ) -> [DeterminingRule] {
        guard [.patientAbsolute, .patientDeny, .patientPermit].contains(layer), !isPatient else {
            return []
        }
        var found: [DeterminingRule] = []
        if layer == .patientDeny {
            for place in malformed {
                let id = "consent:\(facts.tables.consents[place].id)"
                found.append(named(id, layer, .deny, "an active consent that cannot be read"))
            }
        }
        if layer != .patientPermit {
            for live in liveRestrictions where live.isAbsolute == (layer == .patientAbsolute) {
                let restriction = facts.tables.restrictions[live.restriction]
                let isMeant =
                    restriction.items.isEmpty || view.detail?.id == nil
                    || (view.detail?.id).map { restriction.items.contains($0.description) } ?? true
                guard isMeant else { continue }
                found.append(
                    named(
                        "restriction:\(restriction.id)",
                        layer,
                        .deny,
                        "a restriction: \(restriction.kind.rawValue)"
                    )
                )
            }
        }
        for live in liveConsents {
            found += provisions(of: live, view, layer: layer, effect: effect)
        }
        return found
    }

    private func provisions(
        of live: LiveConsent,
        _ view: RecordView,
        layer: Layer,
        effect: Effect
    ) -> [DeterminingRule] {
        let wanted: Possible = effect == .permit ? .permit : .deny
        let onlyAbsolute = layer == .patientAbsolute
        guard says(live, view, onlyAbsolute: onlyAbsolute).contains(wanted) else { return [] }
        let consent = facts.tables.consents[live.consent]
        return liveProvisions[live.nodes].enumerated().compactMap { place, node in
            guard node.matches, !node.isMuted, node.kind == (effect == .permit ? .permit : .deny),
                !onlyAbsolute || node.isAbsolute, covers(node, live, place, view) != .no
            else { return nil }
            let provision = consent.provisions[place]
            let title =
                effect == .permit
                ? "the patient's consent allows it" : "the patient's consent forbids it"
            return named("consent:\(consent.id)#\(provision.path)", layer, effect, title)
        }
    }

    /// Why the default law was not asked: a consent in PCF form that does not cover the record.
    private func closing(_ view: RecordView) -> [DeterminingRule] {
        liveConsents.compactMap { live in
            guard live.closesDefault,
                coversData(liveProvisions[live.nodes.lowerBound], live, 0, view) != .yes
            else { return nil }
            return named(
                "consent:\(facts.tables.consents[live.consent].id)#residual",
                .defaultDeny,
                .deny,
                "the patient's consent covers other records and nothing else is open"
            )
        }
    }

    /// What travels with a release: obligations of the rules that permit, and of rules that only oblige.
    func obligations(_ view: RecordView, layer: Layer, effect: Effect) -> [Obligation] {
        guard effect == .permit else {
            return request.breakGlass == nil ? [] : [Obligation(code: "review-due")]
        }
        var codes: Set<String> = []
        for live in liveRules[layerStarts.range(layer.order)]
        where !live.isDeny && applies(live, view) != .no {
            codes.formUnion(policies.rules[live.rule].obligations)
        }
        // A notice about a label goes with records that may have it, not with every request as a whole.
        let least: Truth = view.labels == nil ? .yes : .unknown
        for live in liveRules[layerStarts.range(6)]
        where applies(live, view).rawValue >= least.rawValue {
            codes.formUnion(policies.rules[live.rule].obligations)
        }
        return codes.sorted().map { policies.obligations[$0] ?? Obligation(code: $0) }
    }
}
