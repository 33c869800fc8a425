internal import MerkleLog
public import VaultCore

/// One opened log entry, as officers and the patient read it.
public struct LoggedEntry: Sendable {
    /// What the entry says of one patient.
    public struct Part: Sendable {
        /// The patient on the record side.
        public let pseudonym: PatientPseudonym
        /// The patient's FHIR reference, where the vault still knows it.
        public let reference: String?
        /// The part: `previous`, `count`, `manifest` and the like.
        public let body: JSONValue
    }

    /// Zero-based position in the log.
    public let index: UInt64
    /// What the entry is about: `decision`, `disclosure`, `fact` and the like.
    public let kind: String
    /// When it was written.
    public let time: Instant
    /// Who acted, for what, and what was decided: every field of the header.
    public let header: JSONValue
    /// One for each patient, as far as the reader may see them.
    public let parts: [Part]

    /// A header field's text, `unknown` where the entry does not know it.
    ///
    /// - Parameter field: A header member's name.
    public subscript(field: String) -> String? { header[field]?.string }
}

/// Which entries a reader of the log wants.
public struct LogQuery: Sendable, Hashable {
    /// Only entries with a part of this patient.
    public var patient: PatientDesignation?
    /// Only entries by this actor.
    public var actor: String?
    /// Only entries at or after this instant.
    public var since: Instant?
    /// Only entries before this instant.
    public var until: Instant?
    /// Only entries of this kind.
    public var kind: String?
    /// Only `permit` or `deny`.
    public var decision: String?
    /// `audit-list`, `audit-patient` or `audit-accounting`: what the reader does, for the log.
    public var action = "audit-list"
    /// Where the call came from.
    public var context = CallContext()

    /// Asks for all entries.
    public init() {}

    /// The one text of this query.
    public var json: JSONValue {
        [
            "kind": "audit",
            "action": .string(action),
            "patient": patient?.json ?? .null,
            "actor": actor.map { .string($0) } ?? .null,
            "since": since.map { .int($0.microseconds) } ?? .null,
            "until": until.map { .int($0.microseconds) } ?? .null,
            "entryKind": kind.map { .string($0) } ?? .null,
            "decision": decision.map { .string($0) } ?? .null,
        ]
    }

    func admits(_ entry: LoggedEntry) -> Bool {
        if let actor, entry["actor"] != actor { return false }
        if let since, entry.time < since { return false }
        if let until, entry.time >= until { return false }
        if let kind, entry.kind != kind { return false }
        if let decision, entry["decision"] != decision { return false }
        return true
    }
}
