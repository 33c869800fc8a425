internal import Consent
internal import FHIRModel
public import Guard
public import VaultCore

/// One consent or restriction of a patient, for whoever keeps consents.
public struct ConsentListing: Sendable {
    /// `Consent/ID` or `Restriction/ID`.
    public let record: RecordID
    /// The Consent's status, or `restriction`.
    public let status: String
    /// Whether it counts now.
    public let isInForce: Bool
    /// What it says, in plain words.
    public let summary: String
    /// What in it has no effect.
    public let problems: [String]
}

extension VaultService {
    /// The consents and restrictions that the Guard knows of a patient.
    ///
    /// - Parameters:
    ///   - patient: Whose.
    ///   - caller: The patient, an officer or a registrar.
    ///   - context: Where the call came from.
    ///   - now: To tell which are in force.
    /// - Returns: By id.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func consents(
        of patient: PatientDesignation,
        by caller: Caller,
        context: CallContext,
        now: Instant
    ) throws -> [ConsentListing] {
        try `guard`.statements(of: patient, by: caller, context: context).flatMap { stated in
            stated.entry.facts.compactMap { fact in
                listing(fact, origin: stated.entry.origin, now: now)
            }
        }
    }

    /// Withdraws a consent from the next decision on; its record and the past log stay.
    ///
    /// - Parameters:
    ///   - id: The Consent's id, or a restriction's.
    ///   - caller: The patient, an officer or a registrar; a session or a signature over the withdrawal.
    ///   - context: Where the call came from.
    /// - Returns: The withdrawal's entry.
    /// - Throws: ``GuardError/unknown(what:)`` and other ``Failure``s.
    public func revokeConsent(
        _ id: FHIRID,
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt {
        try `guard`.withdraw(anyOf: Self.origins(ofConsent: id), by: caller, context: context)
    }

    /// What a consent's id may mean: a record, or a restriction that was stated without one.
    ///
    /// - Parameter id: As listed.
    /// - Returns: For ``GuardRequest/withdrawal(_:)``.
    public static func origins(ofConsent id: FHIRID) -> [RecordID] {
        ["Consent", "Restriction", "Evidence"].map { RecordID(type: $0, id: id) }
    }

    /// A Consent as FHIR R4, as it was stated.
    ///
    /// - Parameters:
    ///   - id: The Consent's id.
    ///   - caller: The patient, an officer or a registrar.
    ///   - context: Where the call came from.
    /// - Returns: The resource's JSON, and whose it is.
    /// - Throws: ``GuardError/unknown(what:)`` where there is none, and others.
    public func consent(
        _ id: FHIRID,
        by caller: Caller,
        context: CallContext
    ) throws -> (bytes: [UInt8], patient: RecordID) {
        let origin = RecordID(type: "Consent", id: id)
        let stated = try `guard`.statement(origin, by: caller, context: context)
        guard let source = stated.entry.facts.lazy.compactMap(\.source).first else {
            throw GuardError.unknown(what: "consent")
        }
        return (Array(source.utf8), stated.patient)
    }

    private func listing(_ fact: Fact, origin: RecordID, now: Instant) -> ConsentListing? {
        if let kind = fact.restriction {
            let who = fact.parties.compactMap { $0.reference ?? $0.identifier ?? $0.display }
            let what = fact.links
            return ConsentListing(
                record: origin,
                status: "restriction",
                isInForce: fact.isActive && fact.period.contains(now),
                summary: ([kind.rawValue] + who + what).joined(separator: " "),
                problems: []
            )
        }
        if let evidence = fact.evidence {
            let who = fact.parties.compactMap { $0.reference ?? $0.identifier }
            return ConsentListing(
                record: origin,
                status: "evidence",
                isInForce: fact.isActive && fact.period.contains(now),
                summary: ([evidence.rawValue, "for"] + who + fact.names).joined(separator: " "),
                problems: []
            )
        }
        guard fact.kind == .consent, let source = fact.source else { return nil }
        let directive = ConsentDirective(text: source, fallbackID: origin.description)
        return ConsentListing(
            record: origin,
            status: directive.standing == .active ? "active" : "not in force",
            isInForce: directive.isInForce(at: now),
            summary: directive.plainWords,
            problems: directive.problems
        )
    }
}

extension ConsentDirective {
    /// What the Consent's root and exceptions say, one clause each.
    fileprivate var plainWords: String {
        provisions.map { provision in
            var words = provision.kind == .permit ? "allows" : "forbids"
            if let actors = provision.actors {
                words += " " + actors.map(\.key).joined(separator: ", ")
            } else {
                words += " anyone"
            }
            if let classes = provision.classes {
                words += " to see " + classes.map(\.code).joined(separator: ", ")
            } else {
                words += " to see everything"
            }
            if let labels = provision.labels {
                words += " labelled " + labels.map(\.code).joined(separator: ", ")
            }
            if let purposes = provision.purposes {
                words += " for " + purposes.map(\.code).joined(separator: ", ")
            }
            return words
        }.joined(separator: "; ")
    }
}
