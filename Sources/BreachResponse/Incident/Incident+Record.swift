internal import VaultCore

extension Incident {
    /// Carries a step out; every reason against it has been looked for.
    mutating func apply(_ request: IncidentRequest, to next: IncidentState) {
        let things = request.artefacts
        switch request.event {
        case .triage:
            let isFast = things["lane"] == .string(IncidentLane.fast.rawValue)
            lane = isFast ? .fast : .full
        case .declare:
            lane = .full
            roster = Self.roster(things["roster"])
            needToKnow = Set(
                (things["needToKnow"]?.stringArray ?? []).compactMap { PrincipalID($0) }
            )
        case .roster: roster = Self.roster(things["roster"])
        case .preserve:
            isPreserved = true
            evidence.formUnion((things["manifest"]?.array ?? []).compactMap { $0["id"]?.string })
        case .evidence: if let item = things["item"]?.string { evidence.insert(item) }
        case .scope:
            scopeVersion += 1
            certificate = things["certificate"]?.string
            assessment = nil
            decisions = []
        case .assess: assessment = try? RiskAssessment(things["assessment"] ?? .null)
        case .decide: decisions = Self.decisions(things["decisions"]) ?? []
        case .hold: holdEnd = Self.holdEnd(things)
        case .release: holdEnd = nil
        case .report, .dismiss, .contain, .notify, .reportOut, .remediate, .close, .reopen, .file,
            .deliver, .note, .correct:
            break
        }
        state = next
    }

    /// The record of a step: everything that ``Incident/init(records:)`` needs to try it again.
    func record(_ request: IncidentRequest, before: Incident) -> JSONValue {
        [
            "type": "incident", "v": 1, "incident": .string(id), "drill": .bool(isDrill),
            "record": .int(Int64(before.records.count)), "previous": .string(before.lastDigest),
            "event": .string(request.event.rawValue), "from": .string(before.state.rawValue),
            "to": .string(state.rawValue), "lane": .string(lane.rawValue),
            "scopeVersion": .int(scopeVersion), "time": .string(request.time.description),
            "by": .array(
                request.signatories.map { person in
                    [
                        "principal": .string(person.principal.text),
                        "roles": .strings(person.roles.map(\.rawValue).sorted()),
                        "reauthenticated": .string(person.reauthenticated.description),
                    ]
                }
            ), "artefacts": request.artefacts,
        ]
    }

    static func roster(_ value: JSONValue?) -> [IncidentRole: Set<PrincipalID>] {
        var roster: [IncidentRole: Set<PrincipalID>] = [:]
        for member in value?.object ?? [] {
            guard let role = IncidentRole(rawValue: member.key) else { continue }
            let names = member.value.string.map { [$0] } ?? member.value.stringArray ?? []
            roster[role] = Set(names.compactMap { PrincipalID($0) })
        }
        return roster
    }

    static func decisions(_ value: JSONValue?) -> [NoticeDecision]? {
        guard let items = value?.array else { return nil }
        let read = items.compactMap { try? NoticeDecision($0) }
        return read.count == items.count ? read : nil
    }

    static func holdEnd(_ things: JSONValue) -> Instant? {
        guard let form = things["form"]?.string.flatMap(LawEnforcementHold.Form.init(rawValue:)),
            let said = things["statementDate"]?.string.flatMap({ ZonedTime($0) })
        else { return nil }
        var until: ZonedTime?
        if let text = things["until"]?.string {
            guard let time = ZonedTime(text), time.latest >= said.instant else { return nil }
            until = time
        }
        return LawEnforcementHold(form: form, statement: said, until: until).end?.instant
    }
}

extension IncidentRequest {
    /// Reads the wish back from its record.
    init?(record: JSONValue) {
        guard record["type"] == "incident", record["v"] == .int(1),
            let event = record["event"]?.string.flatMap(IncidentEvent.init(rawValue:)),
            let time = record["time"]?.string.flatMap({ Instant(rfc3339: $0) }),
            let people = record["by"]?.array, let artefacts = record["artefacts"]
        else { return nil }
        var signatories: [IncidentSignatory] = []
        for person in people {
            guard let principal = person["principal"]?.string.flatMap({ PrincipalID($0) }),
                let names = person["roles"]?.stringArray,
                let proved = person["reauthenticated"]?.string.flatMap({ Instant(rfc3339: $0) })
            else { return nil }
            let roles = names.compactMap(IncidentRole.init(rawValue:))
            guard roles.count == names.count else { return nil }
            signatories.append(
                IncidentSignatory(
                    principal: principal,
                    roles: Set(roles),
                    reauthenticated: proved
                )
            )
        }
        self.init(event, by: signatories, time: time, artefacts: artefacts)
    }
}
