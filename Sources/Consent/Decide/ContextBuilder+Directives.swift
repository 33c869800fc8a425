internal import VaultCore

extension ContextBuilder {
    /// Takes the consents that are in force, and of them the rules that speak to this request.
    mutating func takeConsents() {
        let nodes = facts.tables.interned.consents
        for place in nodes.indices where nodes[place].isInForce(at: request.now) {
            let consent = nodes[place]
            if consent.hasProblems { note(place) }
            guard consent.isOwn || isOwn(place) else { continue }
            consents.insert(consent.isMalformed ? .malformed : .inForce)
            if consent.isMalformed {
                malformed.append(place)
            } else if !consent.isResearch || PurposeSet.research.intersects(purposes.known) {
                takeProvisions(of: consent, at: place)
            }
        }
    }

    private mutating func takeProvisions(of consent: ConsentNode, at place: Int) {
        var isLive = false
        var hasAbsolute = false
        let facts = facts
        facts.tables.interned.provisions.withUnsafeBufferPointer { nodes in
            for number in consent.nodes {
                hasAbsolute = hasAbsolute || nodes[number].isAbsolute
                guard matches(nodes[number], place, number - consent.nodes.lowerBound) else {
                    continue
                }
                isLive = true
                matching.insert(number)
            }
        }
        guard isLive else { return }
        liveConsents.append(
            LiveConsent(
                consent: place,
                nodes: consent.nodes,
                closesDefault: consent.closesDefault
                    && matching.contains(consent.nodes.lowerBound),
                hasAbsolute: hasAbsolute
            )
        )
    }

    private mutating func note(_ place: Int) {
        let consent = facts.tables.consents[place]
        for problem in consent.problems { problems.append("\(consent.id): \(problem)") }
    }

    /// A consent that names another patient is not this patient's; one that names nobody is malformed.
    private mutating func isOwn(_ place: Int) -> Bool {
        let consent = facts.tables.consents[place]
        let own = request.patient.description
        // A server's absolute URL of the patient ends in the same type and id.
        let isOwn = consent.patients.contains { $0 == own || $0.hasSuffix("/" + own) }
        if !isOwn { problems.append("\(consent.id): it concerns another patient") }
        return isOwn
    }

    /// Whether the part of a rule that speaks of the request holds.
    private func matches(_ node: ProvisionNode, _ consent: Int, _ place: Int) -> Bool {
        node.kind != .silent && (node.kind == .deny || !node.isNarrowedByUnknown)
            && node.bounds.contains(request.now)
            && (node.actions == 0 || node.actions & request.action.bit != 0)
            && isFor(node, consent, place) && isAbout(node)
    }

    /// Whether the purposes of a rule are those of the request.
    private func isFor(_ node: ProvisionNode, _ consent: Int, _ place: Int) -> Bool {
        if node.kind == .permit {
            if !purposes.hasUnknown { return node.purposes.isSuperset(of: purposes.known) }
            return node.namesPurposes && purposes.allAre(in: listed(consent, place))
        }
        if !node.namesPurposes || node.purposes.intersects(purposes.known) { return true }
        if node.hasForeignPurposes || purposes.hasUnknown,
            listed(consent, place).contains(where: { purposes.contains($0, forDeny: true) })
        {
            return true
        }
        return request.breakGlass != nil && node.purposes.intersects(.overrides)
    }

    private func listed(_ consent: Int, _ place: Int) -> [CodedValue] {
        facts.tables.consents[consent].provisions[place].purposes ?? []
    }

    /// Whether the requester is one of a rule's recipients, and the custodian, if any, is the one that keeps
    /// the consent.
    private func isAbout(_ node: ProvisionNode) -> Bool {
        let isDeny = node.kind == .deny
        if node.recipients.isEmpty {
            if isDeny ? standsForPatient : !mayGoUnnamed && !isPlan { return false }
        } else {
            let isOne = node.recipients.contains { number in
                let actor = facts.tables.interned.actors[number]
                return isDeny
                    ? identity.mayMatch(actor, facts, directory, now: request.now)
                    : identity.matches(actor, facts, directory, now: request.now)
            }
            if !isOne { return false }
        }
        return isDeny || node.isKept
    }

    /// Who stands in for the patient is not among the others whom a directive without a recipient means.
    private var standsForPatient: Bool {
        relationships & Relationship.personalRepresentative.bit != 0
            && !purposes.hasUnknown && PurposeSet.onBehalf.isSuperset(of: purposes.known)
    }

    /// Whether a permit without a recipient may serve this requester; for the other kinds a permit counts
    /// only if it names them, and what the law lets them have unnamed is in the default layer.
    private var mayGoUnnamed: Bool {
        switch request.requester.kind {
        case .family: relationships & Relationship.related.bit != 0
        case .insurer, .lawEnforcement, .court, .administrator, .securityOfficer: false
        default: true
        }
    }

    /// Kinds that an agreed restriction does not bind: the patient, and disclosures that the law demands or
    /// allows for the public (45 CFR 164.522(a)(1)(v)).
    private static let unbound: Set<RequesterKind> = [
        .patient, .publicHealth, .oversight, .lawEnforcement, .court,
    ]

    mutating func takeRestrictions() {
        for (place, restriction) in facts.tables.restrictions.enumerated()
        where restriction.period.contains(request.now) {
            let isAbsolute: Bool
            switch restriction.kind {
            case .selfPaidItem, .minorControlled: continue
            case .agreed:
                if Self.unbound.contains(request.requester.kind) { continue }
                isAbsolute = false
            case .notEvenInAnEmergency:
                if request.breakGlass == nil { continue }
                isAbsolute = true
            case .blockedPerson, .blockedPersonAlways:
                let isBlocked = facts.tables.interned.blocked[place].contains {
                    identity.mayMatch($0, facts, directory, now: request.now)
                }
                guard isBlocked else { continue }
                isAbsolute = restriction.kind == .blockedPersonAlways
            }
            liveRestrictions.append(
                LiveRestriction(restriction: place, isAbsolute: isAbsolute)
            )
        }
    }
}
