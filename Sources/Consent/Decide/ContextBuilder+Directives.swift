internal import VaultCore

extension ContextBuilder {
    mutating func takeConsents() {
        liveProvisions.reserveCapacity(
            facts.tables.consents.reduce(0) { $0 + $1.provisions.count }
        )
        liveConsents.reserveCapacity(facts.tables.consents.count)
        for place in facts.tables.consents.indices {
            let consent = facts.tables.consents[place]
            guard consent.isInForce(at: request.now) else { continue }
            note(consent)
            guard isAboutPatient(consent) else { continue }
            if consent.isMalformed {
                malformed.append(place)
            } else if consent.scope == .privacy || PurposeSet.research.intersects(purposes.known) {
                takeProvisions(of: consent, at: place)
            }
        }
    }

    private mutating func takeProvisions(of consent: ConsentDirective, at place: Int) {
        let start = liveProvisions.count
        var matches = false
        var hasAbsolute = false
        for provision in consent.provisions {
            let node = node(provision, of: consent)
            matches = matches || node.matches
            hasAbsolute = hasAbsolute || node.isAbsolute
            liveProvisions.append(node)
        }
        guard matches else {
            liveProvisions.removeLast(liveProvisions.count - start)
            return
        }
        liveConsents.append(
            LiveConsent(
                consent: place,
                nodes: start..<liveProvisions.count,
                closesDefault: consent.closesDefault && liveProvisions[start].matches,
                hasAbsolute: hasAbsolute
            )
        )
    }

    private mutating func note(_ consent: ConsentDirective) {
        for problem in consent.problems { problems.append("\(consent.id): \(problem)") }
    }

    /// A consent that names another patient is not this patient's; one that names nobody is malformed.
    private mutating func isAboutPatient(_ consent: ConsentDirective) -> Bool {
        guard !consent.patients.isEmpty else { return true }
        let own = patientKey
        let isOwn = consent.patients.contains { key in
            // A server's absolute URL of the patient ends in the same type and id.
            key == own || facts.tables.patientKeys.contains(key) || key.hasSuffix("/" + own)
        }
        if !isOwn { problems.append("\(consent.id): it concerns another patient") }
        return isOwn
    }

    private func node(_ provision: Provision, of consent: ConsentDirective) -> LiveProvision {
        let isDeny = provision.kind == .deny
        let matches =
            provision.kind != .silent
            && (isDeny || !provision.isNarrowedByUnknown)
            && (provision.bounds?.contains(request.now) ?? true)
            && (provision.actions?.contains(request.action) ?? true)
            && isFor(provision, of: consent) && isAbout(provision, of: consent)
        let kind = request.requester.kind
        return LiveProvision(
            parent: provision.parent,
            kind: provision.kind,
            matches: matches,
            isMuted: !isDeny && isPlan && !hasRecipient(provision),
            isOpen: provision.isOpen,
            masks: provision.hasLabelsOnly ? provision.labelCriterion?.masks : nil,
            mustNameLabels: !isDeny && (kind == .family || kind == .integration),
            isAbsolute: isDeny && provision.namesEmergency,
            isExplicit: provision.purposes != nil && namesRecipient(provision)
        )
    }

    private func namesRecipient(_ provision: Provision) -> Bool {
        provision.actors?.contains { $0.part == .recipient && !$0.key.isEmpty } ?? false
    }

    /// Whether the purposes of a rule are those of the request.
    private func isFor(_ provision: Provision, of consent: ConsentDirective) -> Bool {
        let isDeny = provision.kind == .deny
        if let listed = provision.purposes {
            if !isDeny {
                if !purposes.hasUnknown {
                    return provision.purposeSet.isSuperset(of: purposes.known)
                }
                return purposes.allAre(in: listed)
            }
            if provision.purposeSet.intersects(purposes.known) { return true }
            if (provision.hasForeignPurposes || purposes.hasUnknown)
                && listed.contains(where: { purposes.contains($0, forDeny: true) })
            {
                return true
            }
            return request.breakGlass != nil
                && provision.purposeSet.intersects(PurposeSet.overrides)
        }
        if isDeny { return true }
        var meant = PurposeSet.treatmentPaymentOperations
        if consent.scope == .research { meant = PurposeSet.research }
        if namesRecipient(provision) { meant = meant.union(PurposeSet.atPatientsRequest) }
        return !purposes.hasUnknown && meant.isSuperset(of: purposes.known)
    }

    /// Whether the requester is one of a rule's recipients, and the custodian, if any, is the one that keeps
    /// the consent.
    private func isAbout(_ provision: Provision, of consent: ConsentDirective) -> Bool {
        let isDeny = provision.kind == .deny
        let actors = provision.actors ?? []
        let recipients = actors.filter { $0.part == .recipient }
        if recipients.isEmpty {
            if isDeny ? standsForPatient : !mayGoUnnamed && !isPlan { return false }
        } else {
            let isOne = recipients.contains { actor in
                isDeny
                    ? identity.mayMatch(actor.key, facts, directory, now: request.now)
                    : identity.matches(actor.key, facts, directory, now: request.now)
            }
            if !isOne { return false }
        }
        let custodians = actors.filter { $0.part == .custodian }
        if isDeny || custodians.isEmpty { return true }
        return custodians.contains { consent.custodians.contains($0.key) }
    }

    /// Who stands in for the patient is not among the others whom a directive without a recipient means.
    private var standsForPatient: Bool {
        relationships & Relationship.personalRepresentative.bit != 0
            && !purposes.hasUnknown
            && PurposeSet(["PWATRNY", "PATRQT"]).isSuperset(of: purposes.known)
    }

    /// A health plan gets what the default law gives it; a consent for payment in general can show that
    /// the patient consented, and widens nothing (45 CFR 164.502(b)).
    private var isPlan: Bool { request.requester.kind == .insurer }

    private func hasRecipient(_ provision: Provision) -> Bool {
        provision.actors?.contains { $0.part == .recipient } ?? false
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
                guard isBlocked(restriction.blocked) else { continue }
                isAbsolute = restriction.kind == .blockedPersonAlways
            }
            liveRestrictions.append(
                LiveRestriction(restriction: place, isAbsolute: isAbsolute)
            )
        }
    }

    private func isBlocked(_ parties: [Party]) -> Bool {
        parties.contains { party in
            let keys = party.keys.isEmpty ? [""] : party.keys
            return keys.contains { identity.mayMatch($0, facts, directory, now: request.now) }
        }
    }
}
