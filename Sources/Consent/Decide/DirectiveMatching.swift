internal import FHIRModel
internal import VaultCore

extension DecisionCore {
    /// What a consent may say of a record: the deepest rule that matches speaks, and among rules beside
    /// each other deny beats permit.
    func says(_ live: LiveConsent, _ view: RecordView, onlyAbsolute: Bool) -> Possible {
        let count = live.nodes.count
        let root = live.nodes.lowerBound
        if count == 1 {
            return own(live, root, view, onlyAbsolute: onlyAbsolute, below: .silent)
        }
        return withUnsafeTemporaryAllocation(of: Possible.self, capacity: count) { below in
            below.initialize(repeating: .silent)
            // Children stand after their parents, so going backwards every child has spoken before.
            for place in stride(from: count - 1, through: 1, by: -1) {
                let said = own(
                    live,
                    root + place,
                    view,
                    onlyAbsolute: onlyAbsolute,
                    below: below[place]
                )
                let parent = facts.tables.interned.provisions[root + place].parent
                below[parent] = below[parent].combined(with: said)
            }
            return own(live, root, view, onlyAbsolute: onlyAbsolute, below: below[0])
        }
    }

    /// A rule's answer given what the rules below it say: it speaks only where they may be silent.
    private func own(
        _ live: LiveConsent,
        _ place: Int,
        _ view: RecordView,
        onlyAbsolute: Bool,
        below: Possible
    ) -> Possible {
        guard matching.contains(place), below.contains(.silent) else { return below }
        let node = facts.tables.interned.provisions[place]
        guard !isMuted(node), !onlyAbsolute || node.kind != .deny || node.isAbsolute else {
            return below
        }
        let said: Possible = node.kind == .permit ? .permit : .deny
        switch covers(place, live, view) {
        case .no: return below
        case .yes: return below.subtracting(.silent).union(said)
        case .unknown: return below.union(said)
        }
    }

    /// A permit without a recipient towards a health plan permits nothing by itself and only shows that the
    /// patient consented to a kind of disclosure.
    func isMuted(_ node: ProvisionNode) -> Bool {
        node.kind == .permit && node.recipients.isEmpty && request.requester.kind == .insurer
    }

    /// Whether a rule of a consent covers a record for this requester.
    func covers(_ place: Int, _ live: LiveConsent, _ view: RecordView) -> Truth {
        let truth = coversData(place, live, view)
        let kind = request.requester.kind
        // Family and integrations get what is sensitive only where the rule itself names it.
        guard truth != .no, kind == .family || kind == .integration,
            facts.tables.interned.provisions[place].kind == .permit
        else { return truth }
        return truth && namesLabels(provision(place, live), view)
    }

    /// Whether the criteria of a rule that speak of data hold for a record; by numbers alone where labels are
    /// the only one.
    func coversData(_ place: Int, _ live: LiveConsent, _ view: RecordView) -> Truth {
        let node = facts.tables.interned.provisions[place]
        if node.isOpen { return .yes }
        if let masks = node.masks {
            let known =
                node.kind == .deny
                ? masks.denies(view)
                : masks.permits(view, unlabelledIsNormal: policies.options.unlabelledIsNormal)
            if let known { return known }
        }
        return coversData(provision(place, live), view)
    }

    /// A rule as it was read.
    func provision(_ place: Int, _ live: LiveConsent) -> Provision {
        facts.tables.consents[live.consent].provisions[place - live.nodes.lowerBound]
    }

    /// Whether a rule names every sensitivity of a record; one that is not sensitive needs no name.
    private func namesLabels(_ provision: Provision, _ view: RecordView) -> Truth {
        guard let labels = view.labels else { return .unknown }
        guard !labels.isEmpty else { return .yes }
        guard let criterion = provision.labelCriterion else { return .no }
        let marks = labels.intersection(LabelMasks.clearances)
        if !labels.subtracting(LabelMasks.clearances).isEmpty {
            return criterion.coversSensitivity(of: labels, view)
        }
        return Truth(marks.subtracting(criterion.masks.named).isEmpty)
    }

    /// Whether the criteria of a rule that speak of data hold for a record.
    private func coversData(_ provision: Provision, _ view: RecordView) -> Truth {
        if provision.isOpen { return .yes }
        let isDeny = provision.kind == .deny
        var truth: Truth = .yes
        if let criterion = provision.labelCriterion {
            let isNormal = policies.options.unlabelledIsNormal
            truth =
                isDeny
                ? criterion.denies(view)
                : criterion.permits(view, unlabelledIsNormal: isNormal)
        }
        if truth != .no, let classes = provision.classes {
            truth = truth && isOf(classes, view, isDeny: isDeny)
        }
        let isFine =
            provision.codes != nil || provision.dataPeriod != nil || provision.data != nil
            || provision.hasAuthor
        guard truth != .no, isFine else { return truth }
        guard let detail = view.detail else { return .unknown }
        if let codes = provision.codes {
            guard detail.codes.contains(where: { codes.contains($0) }) else { return .no }
        }
        if let period = provision.dataPeriod, !isIn(period, detail.time, isDeny: isDeny) {
            return .no
        }
        if let data = provision.data, !names(data, detail) { return .no }
        if provision.hasAuthor, !isWritten(by: provision.actors ?? [], detail) { return .no }
        return truth
    }

    /// `class`: a resource type, a profile, a category of ours, or any code that the record carries.
    private func isOf(_ classes: [CodedValue], _ view: RecordView, isDeny: Bool) -> Truth {
        var truth: Truth = .no
        for item in classes {
            switch item.system {
            case CodeSystem.dataCategory:
                guard let category = view.category else { return .unknown }
                if category.rawValue == item.code { return .yes }
            case CodeSystem.resourceTypes, "http://hl7.org/fhir/fhir-types":
                guard let detail = view.detail else {
                    truth = .unknown
                    continue
                }
                if detail.resourceType == item.code { return .yes }
            default:
                guard let detail = view.detail else {
                    truth = .unknown
                    continue
                }
                if item.system == CodeSystem.uri, detail.profiles.contains(item.code) {
                    return .yes
                }
                if detail.codes.contains(item) { return .yes }
            }
        }
        return truth
    }

    /// A record without a date is in no period that permits and in every period that denies.
    private func isIn(_ period: DataPeriod, _ time: ClinicalTime?, isDeny: Bool) -> Bool {
        guard let time else { return isDeny }
        return isDeny ? period.overlaps(time) : period.contains(time)
    }

    private func names(_ data: [Provision.DataReference], _ detail: RecordDetail) -> Bool {
        let own = detail.id?.description
        return data.contains { item in
            switch item.meaning {
            case .instance: return item.key == own
            case .dependents: return item.key == own || refers(detail, to: item.key)
            case .related:
                return item.key == own || refers(detail, to: item.key)
                    || (own.map { facts.tables.encounterLinks[item.key]?.contains($0) ?? false }
                        ?? false)
            case .authoredby: return isAuthor(item.key, of: detail)
            }
        }
    }

    /// Directly, or through an encounter that belongs to what is named (an episode, an order).
    private func refers(_ detail: RecordDetail, to key: String) -> Bool {
        detail.references.contains { reference in
            reference == key || (facts.tables.encounterLinks[reference]?.contains(key) ?? false)
        }
    }

    private func isWritten(by actors: [Provision.Actor], _ detail: RecordDetail) -> Bool {
        actors.contains { $0.part == .author && isAuthor($0.key, of: detail) }
    }

    /// Whether a key, or another key of the same person, is among the authors.
    private func isAuthor(_ key: String, of detail: RecordDetail) -> Bool {
        if detail.authors.contains(key) { return true }
        for index in [facts, directory] {
            for alias in index.tables.aliases[key] ?? [] where detail.authors.contains(alias) {
                return true
            }
            for member in index.tables.members[key] ?? [] where detail.authors.contains(member.key)
            {
                return true
            }
        }
        return false
    }
}
