internal import VaultCore

extension Incident {
    /// Tries a step.
    ///
    /// - Parameter request: What, by whom, when, with what attached.
    /// - Returns: The incident after the step with its record, or every reason against it.
    public func transition(_ request: IncidentRequest) -> IncidentOutcome {
        guard let rule = steps.first(where: { $0.event == request.event }) else {
            return .refused([.notFromHere(state: state, possible: possible)])
        }
        var reasons = signatureReasons(rule, request) + artefactReasons(rule, request)
        if let lastTime, request.time < lastTime { reasons.append(.timeRanBackwards) }
        reasons += ownReasons(request)
        guard reasons.isEmpty else { return .refused(reasons) }
        var next = self
        next.apply(request, to: rule.to ?? state)
        let record = next.record(request, before: self)
        next.records.append(record)
        next.lastTime = request.time
        return .moved(next, record: record)
    }

    // MARK: Who

    private func effectiveRoles(
        _ person: IncidentSignatory,
        _ event: IncidentEvent
    ) -> Set<IncidentRole> {
        if roster.isEmpty { return person.roles }
        var roles = Set(roster.filter { $0.value.contains(person.principal) }.keys)
        // Years later the roster may have left: then the Guard's own roles count.
        if event == .reopen || state == .reopened { roles.formUnion(person.roles) }
        return roles
    }

    private func signatureReasons(
        _ rule: IncidentRule,
        _ request: IncidentRequest
    ) -> [IncidentRefusal] {
        var reasons: [IncidentRefusal] = []
        let people = request.signatories
        let anybody = Set(IncidentRole.allCases)
        for person in people {
            let oldest = request.time.advanced(by: .zero - IncidentSignatory.maximumProofAge)
            if person.reauthenticated < oldest || person.reauthenticated > request.time {
                reasons.append(.reauthenticate(person.principal))
            }
            let isKnown =
                roster.isEmpty || needToKnow.contains(person.principal)
                || !effectiveRoles(person, request.event).isEmpty
            if !isKnown { reasons.append(.notOnRoster(person.principal)) }
        }
        if Set(people.map(\.principal)).count < max(people.count, rule.signatures.count) {
            reasons.append(.samePerson)
        }
        // At most two signatures: try both ways round.
        let roles = people.map { effectiveRoles($0, request.event) }
        let orders = [Array(roles.indices), Array(roles.indices.reversed())]
        let isMet = orders.contains { order in
            rule.signatures.enumerated().allSatisfy { place, wanted in
                order.indices.contains(place)
                    && (wanted == anybody || !roles[order[place]].isDisjoint(with: wanted))
            }
        }
        if !isMet {
            for wanted in rule.signatures
            where wanted == anybody
                ? people.isEmpty : !roles.contains(where: { !$0.isDisjoint(with: wanted) })
            {
                reasons.append(.roleMissing(anyOf: wanted.sorted { $0.rawValue < $1.rawValue }))
            }
            if reasons.isEmpty { reasons.append(.samePerson) }
        }
        return reasons
    }

    // MARK: What

    private func artefactReasons(
        _ rule: IncidentRule,
        _ request: IncidentRequest
    ) -> [IncidentRefusal] {
        rule.artefacts.compactMap { reason($0, request) }
    }

    private func reason(
        _ artefact: IncidentArtefact,
        _ request: IncidentRequest
    ) -> IncidentRefusal? {
        let value = request.artefacts[artefact.name]
        if artefact.fits(value, at: request.time) { return nil }
        let isLeftOut = value == nil || value == .null || value == ""
        return isLeftOut ? .artefactMissing(artefact) : .artefactUnfit(artefact)
    }

    private func ownReasons(_ request: IncidentRequest) -> [IncidentRefusal] {
        let things = request.artefacts
        var reasons: [IncidentRefusal] = []
        if isDrill, Self.sends(things) { reasons.append(.drillNeverSends) }
        reasons += timeReasons(request)
        switch request.event {
        case .triage:
            let lanes = IncidentArtefact(
                "lane",
                .choice(IncidentLane.allCases.map(\.rawValue))
            )
            if let lane = things["lane"], !lanes.fits(lane, at: request.time) {
                reasons.append(.artefactUnfit(lanes))
            }
            let estimate = things["estimate"]?.int ?? 0
            if things["lane"] == .string(IncidentLane.fast.rawValue),
                estimate > IncidentLane.fastPatientCount
            {
                reasons.append(.tooManyForFastLane(estimate))
            }
        case .declare, .roster: reasons += rosterReasons(things["roster"])
        case .scope: reasons += scopeReasons(request)
        case .assess:
            let found = (try? RiskAssessment(things["assessment"] ?? .null))?
                .problems(evidence: evidence)
            if found != [] {
                reasons.append(.notProved(found ?? ["the assessment is not readable"]))
            }
        case .decide: reasons += decisionReasons(things["decisions"])
        case .notify:
            if let holdEnd, isHeld(at: request.time) { reasons.append(.held(until: holdEnd)) }
            if let said = things["certificate"]?.string, said != certificate {
                reasons.append(.anotherScope)
            }
            if !decisions.contains(where: \.notifies) { reasons.append(.nothingToNotify) }
        case .remediate:
            if state == .decided, decisions.contains(where: \.notifies) {
                reasons.append(.noticeOutstanding)
            }
        case .reportOut:
            // What was stated never counts for less than what was recorded; a drill sends nothing.
            let recorded = isDrill ? 0 : DeliveryLedger(self).openCount
            let open = max(things["openLetters"]?.int ?? 0, recorded)
            if open > 0 { reasons.append(.lettersOpen(open)) }
        case .deliver: reasons += deliveryReasons(things, request.time)
        case .hold: reasons += holdReasons(things)
        case .release: if holdEnd == nil { reasons.append(.nothingThere) }
        case .correct:
            let number = things["record"]?.int ?? -1
            if number >= records.count || number < 0 { reasons.append(.nothingThere) }
        case .report, .dismiss, .contain, .preserve, .close, .reopen, .evidence, .file, .note: break
        }
        return reasons
    }

    /// What a report says of times, and events that any step may state: none lies in the future.
    private func timeReasons(_ request: IncidentRequest) -> [IncidentRefusal] {
        let things = request.artefacts
        var reasons = (things["events"]?.object ?? []).compactMap { member -> IncidentRefusal? in
            let artefact = IncidentArtefact("events.\(member.key)", .past)
            let isGood =
                BreachEvent(name: member.key) != nil
                && artefact.fits(member.value, at: request.time)
            return isGood ? nil : .artefactUnfit(artefact)
        }
        guard request.event == .report else { return reasons }
        for name in ["from", "until"] where things[name] != nil && things[name] != .null {
            reason(IncidentArtefact(name, .past), request).map { reasons.append($0) }
        }
        guard reasons.isEmpty else { return reasons }
        for later in ["until", "shouldHaveKnownSince", "knownSince"] {
            guard let first = things["from"]?.string.flatMap({ ZonedTime($0) }),
                let time = things[later]?.string.flatMap({ ZonedTime($0) }),
                time.latest < first.instant
            else { continue }
            reasons.append(.outOfOrder(earlier: "from", later: later))
        }
        return reasons
    }

    /// Form and day of the statement are asked for by the table; what is left is the end.
    private func holdReasons(_ things: JSONValue) -> [IncidentRefusal] {
        guard let said = things["until"], said != .null else { return [] }
        guard let until = said.string.flatMap({ ZonedTime($0) }) else {
            return [.artefactUnfit(IncidentArtefact("until", .moment))]
        }
        let statement = things["statementDate"]?.string.flatMap { ZonedTime($0) }
        return statement.map { until.latest < $0.instant } == true
            ? [.outOfOrder(earlier: "statementDate", later: "until")] : []
    }

    /// Whether anything attached says that something really went out.
    private static func sends(_ things: JSONValue) -> Bool {
        if let sent = things["sent"], sent != .int(0), sent != .bool(false), sent != .null {
            return true
        }
        return things["channel"].map { $0 != .string("drill") } ?? false
    }

    /// Under a hold nothing is sent; what came back may still be written down.
    private func deliveryReasons(_ things: JSONValue, _ time: Instant) -> [IncidentRefusal] {
        // What is not readable here is refused by the table.
        guard
            let outcome = things["outcome"]?.string.flatMap(DeliveryLedger.Outcome.init(rawValue:)),
            let letters = things["letters"]?.stringArray
        else { return [] }
        var reasons: [IncidentRefusal] = []
        if outcome != .returned, let holdEnd, isHeld(at: time) {
            reasons.append(.held(until: holdEnd))
        }
        let ledger = DeliveryLedger(self)
        let known = Set(ledger.entries.keys).union(letters).count
        if Int64(known) > ledger.letterCount { reasons.append(.nothingThere) }
        return reasons
    }

    private func rosterReasons(_ value: JSONValue?) -> [IncidentRefusal] {
        let roster = Self.roster(value)
        return IncidentRole.allCases.filter { $0 != .reporter && roster[$0]?.isEmpty != false }.map
        {
            .roleMissing(anyOf: [$0])
        }
    }

    private func scopeReasons(_ request: IncidentRequest) -> [IncidentRefusal] {
        let things = request.artefacts
        var reasons: [IncidentRefusal] = []
        if things["certificate"] != things["rerun"] { reasons.append(.digestsDiffer) }
        if scopeVersion > 0 {
            for artefact in [IncidentArtefact("newFacts"), IncidentArtefact("difference")] {
                reason(artefact, request).map { reasons.append($0) }
            }
        }
        let affected = (things["accessed"]?.int ?? 0) + (things["couldHave"]?.int ?? 0)
        if lane == .fast, affected > IncidentLane.fastPatientCount {
            reasons.append(.tooManyForFastLane(affected))
        }
        return reasons
    }

    private func decisionReasons(_ value: JSONValue?) -> [IncidentRefusal] {
        let read = Self.decisions(value)
        guard let assessment, let read else {
            return [.notProved(["a decision is not readable"])]
        }
        let found = read.flatMap { $0.problems(assessment: assessment, evidence: evidence) }
        return found.isEmpty ? [] : [.notProved(found)]
    }
}
