internal import FHIRModel
internal import VaultCore

extension DecisionCore {
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
        if let time = condition.time { truth = truth && isIn(time, view) }
        for marks in [condition.marks, condition.authors, condition.encounters]
        where !marks.isEmpty {
            truth = truth && hasMark(marks, view)
        }
        if let naming = condition.consent, truth != .no {
            truth = truth && isNamed(LabelSet(bits: condition.labels), naming, view)
        }
        return truth
    }

    /// Whether a record has any of some marks.
    func hasMark(_ marks: PolicyRule.Marks, _ view: RecordView) -> Truth {
        var truth: Truth = .no
        if marks.contains(.author) { truth = truth || isAuthor(among: identity.keys, view) }
        if marks.contains(.authorOrganization) {
            truth = truth || isAuthor(among: identity.organizations, view)
        }
        if marks.contains(.authorPatient) { truth = truth || isAuthorPatient(view) }
        if marks.contains(.ownEncounter) { truth = truth || isOfOwnEncounter(view) }
        if marks.contains(.claim) { truth = truth || isOne(of: payments.claims, view) }
        if marks.contains(.billed) { truth = truth || isOne(of: payments.billed, view) }
        if marks.contains(.coverage) { truth = truth || isOne(of: payments.coverages, view) }
        if marks.contains(.selfPaid) { truth = truth || isOne(of: facts.tables.selfPaid, view) }
        if marks.contains(.outsideRepresentation) { truth = truth || isOutside(view) }
        if marks.contains(.minorControlled) {
            truth =
                truth || Truth(view.labels?.contains(.minorControlled) ?? false)
                || isOne(of: facts.tables.minorControlled, view)
        }
        return truth
    }

    /// Whether a record is none of what documents limit a representative to.
    private func isOutside(_ view: RecordView) -> Truth {
        guard let scope = representation else { return .no }
        return view.categoryBit == 0 ? .unknown : Truth(scope & view.categoryBit == 0)
    }

    private func isOne(of ids: Set<String>, _ view: RecordView) -> Truth {
        if ids.isEmpty { return .no }
        guard let detail = view.detail else { return .unknown }
        return Truth(detail.key.map { ids.contains($0) } ?? false)
    }

    private func isAuthor(among keys: [String], _ view: RecordView) -> Truth {
        guard let detail = view.detail else { return .unknown }
        return Truth(detail.authors.contains { keys.contains($0) })
    }

    private func isAuthorPatient(_ view: RecordView) -> Truth {
        guard let detail = view.detail else { return .unknown }
        let own = request.patient.description
        return Truth(
            detail.authors.contains { $0 == own || facts.tables.patientKeys.contains($0) }
        )
    }

    /// Whether the record is an encounter of the requester, or belongs to one.
    private func isOfOwnEncounter(_ view: RecordView) -> Truth {
        guard let detail = view.detail else { return .unknown }
        let named = detail.references + [detail.key].compactMap { $0 }
        return Truth(
            named.contains { key in
                facts.tables.encounterParties[key].map { identity.isNamed(byAnyOf: $0) } ?? false
            }
        )
    }

    /// Whether what a record tells of happened in a rule's time; without a time it is in none.
    func isIn(_ time: PolicyRule.DataTime, _ view: RecordView) -> Truth {
        guard let detail = view.detail else { return .unknown }
        guard let found = detail.time else { return .no }
        if let days = time.newerThanDays, found.last.earliest < daysAgo(days) { return .no }
        if let days = time.olderThanDays, found.last.end > daysAgo(days) { return .no }
        if let from = time.from, found.first.date < from { return .no }
        if let until = time.until, found.last.lastDate > until { return .no }
        return .yes
    }

    private func daysAgo(_ days: Int) -> Instant {
        request.now.advanced(by: .seconds(-86_400 * Int64(days)))
    }

    /// Whether a consent names the labels that a rule is about, as far as the record has them.
    func isNamed(
        _ labels: LabelSet,
        _ naming: PolicyRule.ConsentNaming,
        _ view: RecordView
    ) -> Truth {
        guard let present = view.labels?.intersection(labels) else { return .unknown }
        var truth: Truth = .no
        for live in liveConsents {
            for place in live.nodes where matching.contains(place) {
                let node = facts.tables.interned.provisions[place]
                guard node.kind == .permit, node.namesPurposes,
                    naming == .class || node.isExplicit
                else { continue }
                let provision = provision(place, live)
                guard naming != .separate || provision.purposes?.count == purposes.count,
                    let criterion = provision.labelCriterion,
                    present.subtracting(criterion.masks.named(in: view.labels ?? .none)).isEmpty
                else { continue }
                truth = truth || covers(place, live, view)
            }
        }
        return truth
    }
}
