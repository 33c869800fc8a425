public import VaultCore

/// Turns a case's own records into the facts that the clocks ask for.
///
/// What a record says in so many words goes before what follows from its time; what nobody said stays
/// unsaid, and the clocks then count from something earlier.
public struct CaseFacts: Sendable {
    /// The facts as a document, as `breach clocks --facts` reads them.
    public let document: JSONValue

    /// Reads a case.
    ///
    /// - Parameters:
    ///   - incident: The case.
    ///   - residents: Affected persons by the jurisdiction they live in; empty where not known yet.
    ///   - badAddresses: Affected persons without a usable address.
    ///   - encryption: What encryption means here, once a scope was computed.
    ///   - offsetMinutes: Zone in which days are counted, minutes east of UTC.
    ///   - more: Members that go before everything found here: role, risk, flags.
    public init(
        _ incident: Incident,
        residents: [String: Int64] = [:],
        badAddresses: Int64 = 0,
        encryption: EncryptionFinding? = nil,
        offsetMinutes: Int = 0,
        more: [JSONValue.Member] = []
    ) {
        var members: [JSONValue.Member] = []
        func put(_ name: String, _ value: JSONValue) {
            members.removeAll { $0.key == name }
            members.append(.init(name, value))
        }
        put("role", "covered-entity")
        put("events", .object(Self.events(incident, offsetMinutes)))
        if !residents.isEmpty {
            put(
                "residents",
                .object(residents.sorted { $0.key < $1.key }.map { .init($0.key, .int($0.value)) })
            )
        }
        if badAddresses > 0 { put("badAddresses", .int(badAddresses)) }
        if let encryption {
            var facts = BreachFacts()
            encryption.state(in: &facts)
            put(
                "secured",
                [
                    "encrypted": .bool(facts.encrypted ?? false),
                    "keysTaken": .bool(facts.keysTaken ?? true),
                    "sessionTaken": .bool(facts.sessionTaken ?? true),
                ]
            )
        }
        if let assessment = incident.assessment { Self.put(assessment, put) }
        if let hold = Self.hold(incident) { put("lawEnforcementHold", hold) }
        for record in incident.records {
            for name in Self.carried where record["artefacts"]?[name] != nil {
                put(name, record["artefacts"]?[name] ?? .null)
            }
        }
        for member in more { put(member.key, member.value) }
        document = .object(members)
    }

    /// Facts that a step may carry under their own names.
    private static let carried = [
        "role", "risk", "trigger", "dataKinds", "exception", "recovered", "remedied", "noHarm",
        "entity", "jurisdictions",
    ]

    private static func events(_ incident: Incident, _ zone: Int) -> [JSONValue.Member] {
        var found: [String: String] = [:]
        func text(_ time: Instant) -> String { ZonedTime(time, offsetMinutes: zone).rfc3339 }
        func first(_ event: IncidentEvent) -> Instant? {
            incident.currentRecords.first { $0["event"] == .string(event.rawValue) }.flatMap {
                $0["time"]?.string.flatMap { Instant(rfc3339: $0) }
            }
        }
        // Of persons whom new facts found, somebody first knew when somebody first knew those facts.
        let renewal = incident.renewal.map { _ in incident.currentRecords.first?["artefacts"] }
        let report = incident.records.first?["artefacts"]
        func said(_ name: String, _ things: JSONValue?) -> String? {
            things?[name]?.string.flatMap { ZonedTime($0, zone: zone) }.map { time in
                time.isDay
                    ? things?[name]?.string ?? ""
                    : time.offsetMinutes == 0
                        ? text(time.instant) : time.rfc3339
            }
        }
        found["occurred"] = said("from", report)
        found["discovered"] = said("knownSince", renewal ?? report)
        found["should_have_known"] =
            renewal == nil ? said("shouldHaveKnownSince", report) : nil
        found["detected"] = found["discovered"]
        found["aware"] =
            renewal == nil ? first(.triage).map(text) : found["discovered"]
        found["determined"] = first(.declare).map(text) ?? first(.scope).map(text)
        found["scope_identified"] = first(.scope).map(text)
        if incident.decisions.contains(where: \.notifies) {
            found["assessed_notifiable"] = first(.decide).map(text)
        }
        found["individuals_notified"] = first(.notify).map(text)
        for record in incident.records where record["event"] == "file" {
            guard let time = record["time"]?.string.flatMap({ Instant(rfc3339: $0) }) else {
                continue
            }
            let rule = record["artefacts"]?["rule"]?.string ?? ""
            let isHHS = rule.hasPrefix("hipaa-hhs") || rule.hasPrefix("part2-hhs")
            let name = isHHS ? "hhs_notified" : "regulator_notified"
            if found[name] == nil { found[name] = text(time) }
        }
        for record in incident.records {
            for member in record["artefacts"]?["events"]?.object ?? [] {
                if let text = member.value.string { found[member.key] = text }
            }
        }
        // Should-have-known is never later than known: that would be no earlier knowledge.
        if found["should_have_known"] == found["discovered"] { found["should_have_known"] = nil }
        return found.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }
    }

    private static func put(_ assessment: RiskAssessment, _ put: (String, JSONValue) -> Void) {
        if assessment.isLowProbability {
            put(
                "lowProbability",
                ["evidence": .strings(Set(assessment.findings.flatMap(\.evidence)).sorted())]
            )
        }
        if let exception = assessment.exception {
            put(
                "exception",
                [
                    "kind": .string(exception.kind.rawValue),
                    "evidence": .strings(exception.evidence),
                ]
            )
        }
        if let risk = assessment.risk { put("risk", .string(risk.rawValue)) }
    }

    /// The newest hold that was not released.
    private static func hold(_ incident: Incident) -> JSONValue? {
        var hold: JSONValue?
        for record in incident.records {
            switch record["event"]?.string {
            case IncidentEvent.hold.rawValue: hold = record["artefacts"]
            case IncidentEvent.release.rawValue: hold = nil
            default: break
            }
        }
        guard let hold else { return nil }
        return .object(
            ["form", "statementDate", "until"].compactMap { name in
                hold[name].map { .init(name, $0) }
            }
        )
    }
}
