internal import Consent
internal import MerkleLog
public import VaultCore

/// How many affected persons live where, and how many cannot be written to.
public struct AffectedResidents: Sendable, Hashable {
    /// Persons by code of the jurisdiction, `US-MA`, `NO`; only where the record says where they live.
    public var counts: [String: Int64] = [:]
    /// Persons whose record does not say where they live.
    public var unknown: Int64 = 0
    /// Persons without a usable postal address.
    public var withoutAddress: Int64 = 0

    /// Nobody counted yet.
    public init() {}
}

extension GuardCore {
    /// What the person who asks for the counts signs.
    ///
    /// - Parameters:
    ///   - patients: Whose homes are counted.
    ///   - incident: For which case.
    /// - Returns: The request in its one form.
    public static func residentsBody(
        _ patients: [PatientPseudonym],
        incident: String
    ) -> JSONValue {
        [
            "kind": "residents", "incident": .string(incident),
            "patients": .strings(patients.map(\.description)),
        ]
    }

    /// Counts where the affected persons of a case live; numbers only, an entry first.
    ///
    /// - Parameters:
    ///   - patients: Whose homes are counted.
    ///   - incident: For which case.
    ///   - caller: A privacy or security officer.
    ///   - context: Where the call came from.
    /// - Returns: Counts; nobody's name or address.
    /// - Throws: ``GuardError/notPermitted(action:)``, ``GuardError/unknown(what:)`` and others.
    public func residents(
        of patients: [PatientPseudonym],
        incident: String,
        by caller: Caller,
        context: CallContext
    ) throws -> AffectedResidents {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: Self.residentsBody(patients, incident: incident),
                state: state,
                allowsOperator: false
            )
            try actor.require([.privacyOfficer, .securityOfficer], action: "count residents")
            guard try state.incident(incident) != nil else {
                throw GuardError.unknown(what: "breach case")
            }
            var header = try state.header(.breach, by: actor, context: context)
            header.action = "residents"
            header.decision = .permit
            header.legalBasis = ["45 CFR 164.404", "45 CFR 164.406"]
            header.more = [
                .init("case", .string(incident)), .init("count", .int(Int64(patients.count))),
            ]
            try state.append(header)
            try state.commit()
            var found = AffectedResidents()
            for pseudonym in Set(patients) {
                let identity = try state.searchFields(of: pseudonym)
                if let home = identity?.residence {
                    found.counts[home, default: 0] += 1
                } else {
                    found.unknown += 1
                }
                if identity?.address.isEmpty != false { found.withoutAddress += 1 }
            }
            return found
        }
    }
}
