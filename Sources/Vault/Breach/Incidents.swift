public import BreachResponse
internal import Consent
public import Guard
public import VaultCore

/// What came of a step of a breach case.
public enum IncidentStep: Sendable {
    /// Done and in the log.
    case moved(Incident, Receipt)
    /// Not done; every reason.
    case refused([IncidentRefusal])
}

extension VaultService {
    /// A breach case, folded anew from its records in the log.
    ///
    /// - Parameters:
    ///   - id: The case.
    ///   - person: An officer, an administrator, or somebody with a part in breach cases.
    /// - Returns: `nil` where nobody has reported it.
    /// - Throws: ``BreachResponseError/brokenHistory(record:)`` where a record is not a step that the
    ///   table allows, and other ``Failure``s.
    public func incident(_ id: String, by person: any IncidentPerson) throws -> Incident? {
        let body: JSONValue = ["kind": "incident-read", "incident": .string(id)]
        let records = try `guard`.incidentRecords(id, by: try person.caller(for: body))
        return records.isEmpty ? nil : try Incident(records: records)
    }

    /// Takes one step of a breach case: asks the table, has the record signed, and writes it.
    ///
    /// - Parameters:
    ///   - event: What is done.
    ///   - incident: The case before it; a new ``Incident`` for a report.
    ///   - artefacts: What is attached: an object.
    ///   - people: One or two persons, each with their own key.
    ///   - context: Where the call came from.
    /// - Returns: The case after it, or the reasons against it; nothing is written for a refusal.
    /// - Throws: A ``Failure``.
    public func take(
        _ event: IncidentEvent,
        in incident: Incident,
        artefacts: JSONValue,
        by people: [any IncidentPerson],
        context: CallContext
    ) throws -> IncidentStep {
        let time = try `guard`.incidentTime()
        let known = try knownPrincipals(by: people)
        let signatories = people.map { person in
            let names = known.first { $0.id == person.principal }?.incidentRoles ?? []
            return IncidentSignatory(
                principal: person.principal,
                roles: Set(names.compactMap(IncidentRole.init(rawValue:))),
                reauthenticated: time
            )
        }
        let request = IncidentRequest(event, by: signatories, time: time, artefacts: artefacts)
        switch incident.transition(request) {
        case .refused(let reasons): return .refused(reasons)
        case .moved(let next, let record):
            let body = GuardCore.incidentBody(record)
            let receipt = try `guard`.recordIncident(
                record,
                by: try people.map { try $0.caller(for: body) },
                context: context
            )
            return .moved(next, receipt)
        }
    }

    /// Ends everything that principals can still do: their sessions, their grants, their right to act.
    ///
    /// - Parameters:
    ///   - principals: Whom; those already disabled are left as they are.
    ///   - person: An administrator or officer.
    ///   - context: Where the call came from.
    /// - Returns: Those whom this call disabled.
    /// - Throws: ``GuardError/unknown(what:)`` before anything is done, and other ``Failure``s.
    public func contain(
        _ principals: [PrincipalID],
        by person: any IncidentPerson,
        context: CallContext
    ) throws -> [PrincipalID] {
        let known = try knownPrincipals(by: [person])
        for id in principals where !known.contains(where: { $0.id == id }) {
            throw GuardError.unknown(what: "principal")
        }
        var done: [PrincipalID] = []
        for principal in known where principals.contains(principal.id) && !principal.isDisabled {
            let body: JSONValue = ["kind": "disable", "principal": .string(principal.id.text)]
            try `guard`.disable(
                principal.id,
                by: try person.caller(for: body),
                context: context
            )
            done.append(principal.id)
        }
        return done
    }
    /// The principals that the first of these persons may know of.
    func knownPrincipals(by people: [any IncidentPerson]) throws -> [Principal] {
        guard let first = people.first else { return [] }
        return try `guard`.principals(by: try first.caller(for: GuardRequest.principals))
    }
}
