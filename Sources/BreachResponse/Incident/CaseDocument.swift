internal import MerkleLog
public import VaultCore

/// A case as one document: timeline, decisions, evidence, scope in numbers, letters, metrics.
///
/// It names no patient for any reader. Who is outside gets no free text either: a summary or a note is
/// where a name would stand.
public enum CaseDocument {
    /// Who is to read it.
    public enum Reader: String, Sendable, Hashable, CaseIterable {
        /// Officers of the case: every record, as it was signed.
        case officer
        /// An authority, a court, management: steps and findings without free text.
        case outside
    }

    /// Kind and version.
    public static let domain = "patientvault.case/1"

    /// Writes a case down.
    ///
    /// - Parameters:
    ///   - incident: The case.
    ///   - scope: The newest certificate's document, if there is one.
    ///   - clocks: What the clocks found, if they were asked.
    ///   - reader: Who is to read it.
    ///   - made: When.
    /// - Returns: One text for one case and reader.
    public static func document(
        _ incident: Incident,
        scope: JSONValue?,
        clocks: BreachClocksAnswer?,
        reader: Reader,
        made: Instant
    ) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("type", .string(domain)), .init("incident", .string(incident.id)),
            .init("drill", .bool(incident.isDrill)),
            .init("state", .string(incident.state.rawValue)),
            .init("lane", .string(incident.lane.rawValue)),
            .init("scopeVersion", .int(incident.scopeVersion)),
            .init("reader", .string(reader.rawValue)), .init("made", .string(made.description)),
            .init("timeline", .array(incident.records.map(line))),
            .init("assessment", assessment(incident, reader)),
            .init("decisions", .array(incident.decisions.map { decision($0, reader) })),
            .init("evidence", .array(custody(incident, reader))),
            .init("scope", scope.map(numbers) ?? .null),
            .init("deadlines", deadlines(clocks)),
            .init("letters", ledger(incident, reader)), .init("metrics", metrics(incident)),
        ]
        if reader == .officer { members.append(.init("records", .array(incident.records))) }
        return .object(members)
    }

    /// One step, with the digest that the next record names.
    private static func line(_ record: JSONValue) -> JSONValue {
        let people = (record["by"]?.array ?? []).map { person -> JSONValue in
            ["principal": person["principal"] ?? .null, "roles": person["roles"] ?? .null]
        }
        return [
            "record": record["record"] ?? .null, "time": record["time"] ?? .null,
            "event": record["event"] ?? .null, "from": record["from"] ?? .null,
            "to": record["to"] ?? .null, "by": .array(people),
            "digest": .string(TreeHasher.leafHash(record.bytes).description),
        ]
    }

    private static func assessment(_ incident: Incident, _ reader: Reader) -> JSONValue {
        guard let assessment = incident.assessment else { return .null }
        if reader == .officer { return assessment.document }
        return [
            "factors": .array(
                assessment.findings.map {
                    ["factor": .string($0.factor.rawValue), "weight": .string($0.weight.rawValue)]
                }
            ), "lowProbability": .bool(assessment.isLowProbability),
            "exception": assessment.exception.map { .string($0.kind.rawValue) } ?? .null,
            "risk": assessment.risk.map { .string($0.rawValue) } ?? .null,
        ]
    }

    private static func decision(_ decision: NoticeDecision, _ reader: Reader) -> JSONValue {
        if reader == .officer { return decision.document }
        return [
            "rule": .string(decision.rule), "jurisdiction": .string(decision.jurisdiction),
            "notify": .bool(decision.notifies),
            "ground": decision.ground.map { .string($0.rawValue) } ?? .null,
        ]
    }

    /// Custody lines of `preserve` and `evidence` records.
    private static func custody(_ incident: Incident, _ reader: Reader) -> [JSONValue] {
        var found: [JSONValue] = []
        for record in incident.records {
            let things = record["artefacts"]
            found += things?["custody"]?.array ?? []
            guard record["event"]?.string == IncidentEvent.evidence.rawValue else { continue }
            found.append([
                "item": things?["item"] ?? .null,
                "who": record["by"]?.array?.first?["principal"] ?? .null,
                "when": record["time"] ?? .null, "where": things?["where"] ?? .null,
                "why": things?["reason"] ?? .null, "hash": things?["hash"] ?? .null,
            ])
        }
        guard reader == .outside else { return found }
        return found.map { ["item": $0["item"] ?? .null, "hash": $0["hash"] ?? .null] }
    }

    /// A certificate without its patients.
    private static func numbers(_ scope: JSONValue) -> JSONValue {
        let counts = ["accessed", "couldHave", "notAccessed"].map { set in
            JSONValue.Member(set, scope["sets"]?[set]?["count"] ?? .null)
        }
        return [
            "version": scope["version"] ?? .null, "resultDigest": scope["resultDigest"] ?? .null,
            "window": scope["query"]?["window"] ?? .null,
            "suspicion": scope["query"]?["suspicion"]?["kind"] ?? .null,
            "counts": .object(counts), "completeness": scope["completeness"] ?? .null,
            "encryption": scope["encryption"] ?? .null, "log": scope["log"] ?? .null,
        ]
    }

    private static func deadlines(_ clocks: BreachClocksAnswer?) -> JSONValue {
        .array(
            (clocks?.deadlines ?? []).filter(\.isRequired).map { deadline in
                [
                    "rule": .string(deadline.rule.id), "law": .string(deadline.rule.law),
                    "recipient": .string(deadline.rule.recipient.rawValue),
                    "jurisdiction": .string(deadline.jurisdiction),
                    "due": deadline.due.map { .string($0.rfc3339) } ?? .null,
                    "unverified": .bool(deadline.rule.isUnverified),
                ]
            }
        )
    }

    private static func ledger(_ incident: Incident, _ reader: Reader) -> JSONValue {
        let ledger = DeliveryLedger(incident)
        if reader == .officer { return ledger.document }
        return [
            "letters": .int(ledger.letterCount), "open": .int(ledger.openCount),
            "returned": .int(Int64(ledger.returned.count)),
        ]
    }

    /// Minutes from the report to the first time each state was reached.
    private static func metrics(_ incident: Incident) -> JSONValue {
        func time(_ record: JSONValue) -> Instant? {
            record["time"]?.string.flatMap { Instant(rfc3339: $0) }
        }
        guard let start = incident.records.first.flatMap(time) else { return [:] }
        var seen: Set<String> = []
        var states: [JSONValue] = []
        for record in incident.records {
            guard let state = record["to"]?.string, seen.insert(state).inserted,
                let now = time(record)
            else { continue }
            let minutes = (now.microseconds - start.microseconds) / 60_000_000
            states.append(["state": .string(state), "minutes": .int(minutes)])
        }
        return ["records": .int(Int64(incident.records.count)), "states": .array(states)]
    }
}
