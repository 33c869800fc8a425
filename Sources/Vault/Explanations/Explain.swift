internal import Consent
internal import FHIRModel
public import Guard
public import VaultCore

/// A past decision in full, for the officer, or for the patient about their own record.
public struct Explanation: Sendable {
    /// Facts, rules in order, outcome.
    public let json: JSONValue
}

extension VaultService {
    /// Decides a past request again from the facts of that time, and shows every rule that spoke.
    ///
    /// - Parameters:
    ///   - index: The decision's entry.
    ///   - caller: An officer, or the patient whom it is about; the operator may not.
    ///   - context: Where the call came from.
    /// - Returns: The decision with its facts and rules.
    /// - Throws: ``GuardError/unknown(what:)`` where the entry is no decision about a patient, and others.
    public func explain(
        _ index: UInt64,
        by caller: Caller,
        context: CallContext
    ) throws -> Explanation {
        let entry = try `guard`.entry(at: index, by: caller, context: context)
        guard entry.kind == "decision", entry["action"] == "read" || entry["action"] == "preview"
        else { throw GuardError.unknown(what: "decision at this index") }
        guard let part = entry.parts.first,
            let actor = entry["actor"].flatMap({ PrincipalID($0) }),
            let principal = try `guard`.principals().first(where: { $0.id == actor })
        else { return Explanation(json: Self.withoutPatient(entry)) }
        let facts = try `guard`.facts(of: part.pseudonym, at: index)
        let decision = DecisionContext(
            request: Self.request(entry, part, principal),
            facts: facts.facts,
            directory: facts.directory,
            policies: `guard`.policies
        ).decision()
        let logged = (entry.header["rules"]?.array ?? []).compactMap(\.string)
        return Explanation(json: [
            "index": .int(Int64(index)),
            "time": .string(entry.time.description),
            "actor": .string(actor.text),
            "purpose": entry.header["purpose"] ?? .null,
            "decision": .string(entry["decision"] ?? "unknown"),
            "layer": .string(decision.layer.rawValue),
            "rules": .array(decision.rules.map(Self.json)),
            "obligations": .strings(decision.obligations.map(\.code)),
            "problems": .strings(decision.problems),
            "reason": .string(decision.reasonForOfficer),
            "facts": .array(facts.facts.entries.flatMap(Self.json)),
            "policyDigest": .string(entry["policyDigest"] ?? "unknown"),
            "samePolicies": .bool(entry["policyDigest"] == `guard`.policyDigest),
            "reproduced": .bool(logged == decision.rules.map(\.id)),
            "released": part.body["released"] ?? .null,
        ])
    }

    private static func request(
        _ entry: LoggedEntry,
        _ part: LoggedEntry.Part,
        _ principal: Principal
    ) -> AccessRequest {
        let purposes = (entry.header["purpose"]?.array ?? []).compactMap(\.string)
        let patient = part.reference.flatMap { RecordID($0) }
        var request = AccessRequest(
            requester: principal.requester,
            patient: patient ?? RecordID(type: "Patient", id: principal.placeholderID),
            purposes: purposes,
            now: entry.time
        )
        if let reason = entry["breakGlassReason"], reason != "none", reason != "unknown" {
            request.breakGlass = EmergencyOverride(reason: reason)
        }
        if let claim = part.body["claim"]?.string,
            let id = RecordID(claim) ?? FHIRID(claim).map({ RecordID(type: "Claim", id: $0) })
        {
            request.claim = .one(id)
        }
        return request
    }

    private static func json(_ rule: DeterminingRule) -> JSONValue {
        [
            "id": .string(rule.id), "title": .string(rule.title),
            "layer": .string(rule.layer.rawValue), "effect": .string(rule.effect.rawValue),
            "basis": .strings(rule.basis),
        ]
    }

    private static func json(_ entry: PatientFacts.Entry) -> [JSONValue] {
        entry.facts.map { fact in
            [
                "record": .string(entry.origin.description), "version": .int(entry.version),
                "kind": .string(fact.kind.rawValue),
                "names": .strings(fact.parties.compactMap { $0.reference ?? $0.identifier }),
            ]
        }
    }

    private static func withoutPatient(_ entry: LoggedEntry) -> JSONValue {
        [
            "index": .int(Int64(entry.index)), "time": .string(entry.time.description),
            "actor": .string(entry["actor"] ?? "unknown"),
            "decision": .string(entry["decision"] ?? "unknown"),
            "rules": .array([]), "reason": "the request named no patient that this vault knows",
        ]
    }
}

extension Principal {
    /// Stands where a patient's id is no longer known; no rule of a relationship can match it.
    fileprivate var placeholderID: FHIRID {
        guard let id = FHIRID("erased") else { preconditionFailure("a valid id") }
        return id
    }
}
