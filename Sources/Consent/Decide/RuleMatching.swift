internal import FHIRModel
internal import VaultCore

extension DecisionContext {
    /// Whether the record part of a condition holds.
    func holds(_ test: CompiledPolicies.RecordTest, _ view: RecordView) -> Truth {
        if test.isOpen { return .yes }
        var truth: Truth = .yes
        if test.categories != 0 || test.categoriesNone != 0 {
            if view.categoryBit == 0 {
                truth = .unknown
            } else {
                if test.categories != 0, test.categories & view.categoryBit == 0 { return .no }
                if test.categoriesNone & view.categoryBit != 0 { return .no }
            }
        }
        if test.labels != 0 || test.labelsNone != 0 {
            if let labels = view.labels?.bits {
                if test.labels != 0, test.labels & labels == 0 { return .no }
                if test.labelsNone & labels != 0 { return .no }
            } else {
                truth = .unknown
            }
        }
        guard let place = test.detailsAt else { return truth }
        return truth && holds(policies.compiled.conditions[Int(place)], view)
    }

    /// Whether what masks cannot say of a condition holds.
    private func holds(_ condition: PolicyRule.RecordCondition, _ view: RecordView) -> Truth {
        var truth: Truth = .yes
        if !condition.types.isEmpty || !condition.typesNone.isEmpty {
            if let type = view.detail?.resourceType {
                if !condition.types.isEmpty, !condition.types.contains(type) { return .no }
                if condition.typesNone.contains(type) { return .no }
            } else {
                truth = .unknown
            }
        }
        if let days = condition.newerThanDays { truth = truth && isNewer(than: days, view) }
        if !condition.marks.isEmpty { truth = truth && hasMark(condition.marks, view) }
        if let naming = condition.consent, truth != .no {
            truth = truth && isNamed(LabelSet(bits: condition.labels), naming, view)
        }
        return truth
    }

    /// Whether a record has any of some marks.
    private func hasMark(_ marks: PolicyRule.Marks, _ view: RecordView) -> Truth {
        var truth: Truth = .no
        if marks.contains(.author) { truth = truth || isAuthor(view) }
        if marks.contains(.claim) { truth = truth || isOne(of: claimIDs, view) }
        if marks.contains(.billed) { truth = truth || isOne(of: billedIDs, view) }
        if marks.contains(.coverage) { truth = truth || isOne(of: coverageIDs, view) }
        if marks.contains(.selfPaid) { truth = truth || isOne(of: facts.tables.selfPaid, view) }
        if marks.contains(.minorControlled) {
            truth =
                truth || Truth(view.labels?.contains(.minorControlled) ?? false)
                || isOne(of: facts.tables.minorControlled, view)
        }
        return truth
    }

    private func isOne(of ids: Set<String>, _ view: RecordView) -> Truth {
        if ids.isEmpty { return .no }
        guard let detail = view.detail else { return .unknown }
        return Truth(detail.key.map { ids.contains($0) } ?? false)
    }

    private func isAuthor(_ view: RecordView) -> Truth {
        guard let detail = view.detail else { return .unknown }
        return Truth(detail.authors.contains { identity.keys.contains($0) })
    }

    private func isNewer(than days: Int, _ view: RecordView) -> Truth {
        guard let detail = view.detail else { return .unknown }
        let limit = request.now.advanced(by: .seconds(-86_400 * Int64(days)))
        return Truth(detail.time.map { $0.last.earliest >= limit } ?? false)
    }

    /// Whether a consent names the labels that a rule is about, as far as the record has them.
    private func isNamed(
        _ labels: LabelSet,
        _ naming: PolicyRule.ConsentNaming,
        _ view: RecordView
    ) -> Truth {
        guard let present = view.labels?.intersection(labels) else { return .unknown }
        var truth: Truth = .no
        for live in liveConsents {
            for (place, node) in liveProvisions[live.nodes].enumerated()
            where node.matches && node.kind == .permit {
                let provision = facts.tables.consents[live.consent].provisions[place]
                guard provision.purposes != nil, naming == .class || node.isExplicit,
                    naming != .separate || provision.purposes?.count == purposes.codes.count,
                    let criterion = provision.labelCriterion,
                    present.subtracting(criterion.masks.named(in: view.labels ?? .none)).isEmpty
                else { continue }
                truth = truth || covers(node, live, place, view)
            }
        }
        return truth
    }
}
