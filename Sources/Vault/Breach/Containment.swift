internal import BreachResponse
public import Guard
public import VaultCore

/// One thing that is done to close the way in; each has its reverse.
public enum ContainmentMeasure: Sendable, Hashable {
    /// Takes a principal's right to act away: sessions and grants end with it.
    case disable(PrincipalID)
    /// Closes the vault, a patient, an organization, a client, a purpose, a device or a record server.
    case seal(AccessSeal)

    /// `principal hale`, `organization Organization/1`.
    public var name: String {
        switch self {
        case .disable(let id): "principal \(id.text)"
        case .seal(let seal): seal.name
        }
    }
}

extension VaultService {
    /// Closes things at once; what is closed already stays as it is.
    ///
    /// - Parameters:
    ///   - measures: What to close.
    ///   - person: An administrator or officer.
    ///   - context: Where the call came from.
    /// - Returns: Measures that this call took.
    /// - Throws: ``GuardError/unknown(what:)`` before anything is done, and other ``Failure``s.
    public func contain(
        _ measures: [ContainmentMeasure],
        by person: any IncidentPerson,
        context: CallContext
    ) throws -> [ContainmentMeasure] {
        let ids = measures.compactMap { if case .disable(let id) = $0 { id } else { nil } }
        let disabled = try contain(ids, by: person, context: context)
        return try measures.filter { measure in
            switch measure {
            case .disable(let id): return disabled.contains(id)
            case .seal(let seal): return try apply(seal, closes: true, person, context)
            }
        }
    }

    /// Opens things again.
    ///
    /// - Parameters:
    ///   - measures: What to open.
    ///   - person: An administrator or officer.
    ///   - context: Where the call came from.
    /// - Returns: Measures that this call reversed.
    /// - Throws: ``GuardError/unknown(what:)`` before anything is done, and other ``Failure``s.
    public func reverse(
        _ measures: [ContainmentMeasure],
        by person: any IncidentPerson,
        context: CallContext
    ) throws -> [ContainmentMeasure] {
        let known = try `guard`.principals(
            by: try person.caller(for: GuardRequest.principals)
        )
        for case .disable(let id) in measures where !known.contains(where: { $0.id == id }) {
            throw GuardError.unknown(what: "principal")
        }
        return try measures.filter { measure in
            switch measure {
            case .disable(let id):
                guard known.contains(where: { $0.id == id && $0.isDisabled }) else { return false }
                let body = GuardCore.reinstateBody(id)
                try `guard`.reinstate(id, by: try person.caller(for: body), context: context)
                return true
            case .seal(let seal): return try apply(seal, closes: false, person, context)
            }
        }
    }

    /// Replaces the keys of the affected patients of a case, one by one; keys that left before open nothing new.
    ///
    /// - Parameters:
    ///   - patients: Whose; a patient that was erased is left out.
    ///   - incident: For which case.
    ///   - person: An officer or administrator.
    ///   - context: Where the call came from.
    /// - Returns: Patients whose key was replaced.
    /// - Throws: A ``Failure``; patients before it have their new key.
    public func rotateKeys(
        of patients: [PatientPseudonym],
        incident: String,
        by person: any IncidentPerson,
        context: CallContext
    ) throws -> [PatientPseudonym] {
        try patients.filter { patient in
            let body: JSONValue = [
                "kind": "rotate-patient-key", "patient": .string(patient.description),
            ]
            do {
                _ = try rotateKey(
                    of: patient,
                    reason: "breach case \(incident)",
                    by: try person.caller(for: body),
                    context: context
                )
            } catch GuardError.erased { return false }
            return true
        }
    }

    private func apply(
        _ seal: AccessSeal,
        closes: Bool,
        _ person: any IncidentPerson,
        _ context: CallContext
    ) throws -> Bool {
        let body = GuardCore.sealBody(seal, closes: closes)
        return try `guard`.apply(
            seal,
            closes: closes,
            by: try person.caller(for: body),
            context: context
        ) != nil
    }
}
