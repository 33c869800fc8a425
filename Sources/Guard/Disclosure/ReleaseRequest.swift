public import VaultCore

/// How a caller names a patient.
public enum PatientDesignation: Sendable, Hashable {
    /// By FHIR id.
    case id(FHIRID)
    /// By a business identifier.
    case identifier(system: String, value: String)

    /// Reads `SYS|VAL`, `Patient/ID` or `ID`.
    ///
    /// Gives `nil` where it is none of these.
    ///
    /// - Parameter text: As given on a command line.
    public init?(_ text: String) {
        if let bar = text.lastIndex(of: "|") {
            let value = text[text.index(after: bar)...]
            guard !value.isEmpty, text.utf8.count <= 1_000 else { return nil }
            self = .identifier(system: String(text[..<bar]), value: String(value))
            return
        }
        let bare = text.hasPrefix("Patient/") ? String(text.dropFirst(8)) : text
        guard let id = FHIRID(bare) else { return nil }
        self = .id(id)
    }

    var json: JSONValue {
        switch self {
        case .id(let id): ["id": .string(id.text)]
        case .identifier(let system, let value):
            ["system": .string(system), "value": .string(value)]
        }
    }
}

/// Why somebody breaks the glass: a coded reason that reads well to a patient, and a note.
public struct BreakGlass: Sendable, Hashable {
    /// One of the codes of `Policies/break-glass.yaml`.
    public var reason: String
    /// Free text for the officer; never shown to the patient.
    public var note: String?

    /// Describes a break-glass.
    ///
    /// - Parameters:
    ///   - reason: One of the shipped codes.
    ///   - note: Free text for the officer.
    public init(reason: String, note: String? = nil) {
        self.reason = reason
        self.note = note
    }
}

/// One request for a disclosure of one patient's record.
public struct ReleaseRequest: Sendable, Hashable {
    /// Whose record.
    public var patient: PatientDesignation
    /// v3 PurposeOfUse codes, matched exactly; none means no.
    public var purposes: [String]
    /// `read`, `preview` or `export`.
    public var action = "read"
    /// Only these resource types; empty for all.
    public var types: [String] = []
    /// Only these data categories; empty for all.
    public var categories: [String] = []
    /// Only this record.
    public var record: RecordID?
    /// Only data of this time or later.
    public var since: PartialDate?
    /// Only data of this time or earlier.
    public var until: PartialDate?
    /// The claim in question, for a health plan.
    public var claim: String?
    /// An emergency override.
    public var breakGlass: BreakGlass?
    /// Whether keys are wanted for several answers, each with an entry of its own: then the decision's entry
    /// lists no records, for none has left with it.
    public var isLease = false
    /// Where the call came from.
    public var context = CallContext()

    /// The action of a request that is part of an export of many patients.
    public static let export = "export"

    /// Asks for a patient's record.
    ///
    /// - Parameters:
    ///   - patient: Whose record.
    ///   - purposes: v3 PurposeOfUse codes.
    public init(patient: PatientDesignation, purposes: [String]) {
        self.patient = patient
        self.purposes = purposes
    }

    /// The one text of this request, as its requester signs it.
    public var json: JSONValue {
        [
            "kind": .string(isLease ? "lease" : "release"),
            "patient": patient.json,
            "purposes": .strings(purposes),
            "action": .string(action),
            "types": .strings(types),
            "categories": .strings(categories),
            "record": record.map { .string($0.description) } ?? .null,
            "since": since.map { .int($0.earliest.microseconds) } ?? .null,
            "until": until.map { .int($0.end.microseconds) } ?? .null,
            "claim": claim.map { .string($0) } ?? .null,
            "breakGlass": breakGlass.map { .string($0.reason) } ?? .null,
            "note": breakGlass?.note.map { .string($0) } ?? .null,
        ]
    }
}
