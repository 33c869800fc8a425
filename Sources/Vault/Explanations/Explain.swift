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
        let explained = try `guard`.explanation(of: index, by: caller, context: context)
        let entry = explained.entry
        guard entry.kind == "decision",
            entry["action"].flatMap({ AccessAction(name: $0) }) == .read,
            entry["action"] != "preview"
        else { throw GuardError.unknown(what: "decision at this index") }
        guard let part = entry.parts.first,
            let principal = explained.requester, let facts = explained.facts
        else { return Explanation(json: Self.withoutPatient(entry)) }
        let decision = DecisionContext(
            request: PastRequest.request(entry, part, principal.requester),
            facts: facts.facts,
            directory: facts.directory,
            policies: `guard`.policies
        ).decision()
        let logged = (entry.header["rules"]?.array ?? []).compactMap(\.string)
        let keys = Self.keys(of: principal.requester)
        return Explanation(json: [
            "index": .int(Int64(index)),
            "time": .string(entry.time.description),
            "actor": .string(principal.id.text),
            "purpose": entry.header["purpose"] ?? .null,
            "scope": entry.header["scopeAsked"] ?? .null,
            "breakGlass": entry.header["breakGlassReason"] ?? .null,
            "decision": .string(entry["decision"] ?? "unknown"),
            "layer": .string(decision.layer.rawValue),
            "rules": .array(decision.rules.map(Self.json)),
            "obligations": .strings(decision.obligations.map(\.code)),
            "problems": .strings(decision.problems),
            "reason": .string(decision.reasonForOfficer),
            "facts": .array(facts.facts.entries.flatMap { Self.json($0, requester: keys) }),
            "policyDigest": .string(entry["policyDigest"] ?? "unknown"),
            "samePolicies": .bool(entry["policyDigest"] == `guard`.policyDigest),
            "reproduced": .bool(logged == decision.rules.map(\.id)),
            "released": part.body["released"] ?? .null,
        ])
    }

    /// References and identifiers by which facts may name the requester.
    private static func keys(of requester: Requester) -> Set<String> {
        var keys = Set(requester.references + requester.identifiers.map(\.key))
        switch requester.organization {
        case .reference(let reference)?: keys.insert(reference)
        case .identifier(let system, let value)?: keys.insert("\(system)|\(value)")
        case .name(let name)?: keys.insert(name)
        case nil: break
        }
        return keys
    }

    private static func json(_ rule: DeterminingRule) -> JSONValue {
        [
            "id": .string(rule.id), "title": .string(rule.title),
            "layer": .string(rule.layer.rawValue), "effect": .string(rule.effect.rawValue),
            "basis": .strings(rule.basis),
        ]
    }

    /// A fact, and whether it could speak: what the patient directed, who the patient is, and everything
    /// that names the requester.
    private static func json(
        _ entry: PatientFacts.Entry,
        requester keys: Set<String>
    ) -> [JSONValue] {
        let always: Set<FactKind> = [.patient, .consent, .restriction]
        return entry.facts.map { fact in
            let names = fact.parties.compactMap { $0.reference ?? $0.identifier }
            let all = names + fact.parties.compactMap(\.display) + fact.identifiers
            let isUsed =
                always.contains(fact.kind) || keys.contains(entry.origin.description)
                || all.contains(where: keys.contains)
            return [
                "record": .string(entry.origin.description), "version": .int(entry.version),
                "kind": .string(fact.kind.rawValue), "names": .strings(names),
                "used": .bool(isUsed),
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
