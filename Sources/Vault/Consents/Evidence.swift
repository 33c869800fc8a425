public import Consent
public import FHIRModel
public import Guard
public import VaultCore

/// A document that gives somebody a legal ground, as an officer has seen it.
public struct EvidenceStatement: Sendable, Hashable {
    /// What it proves.
    public var kind: Evidence
    /// Whom it serves: a reference or `SYS|VAL` of the person or their organization.
    public var holder: String
    /// Its number or title, for whoever looks for it.
    public var document: String
    /// When it holds.
    public var period: FactPeriod
    /// Categories of data it is limited to, for ``Evidence/representation``; empty for no limit.
    public var categories: [DataCategory]

    /// Describes a document.
    ///
    /// - Parameters:
    ///   - kind: What it proves.
    ///   - holder: Whom it serves.
    ///   - document: Its number or title.
    ///   - period: When it holds.
    ///   - categories: What a representation is limited to.
    public init(
        kind: Evidence,
        holder: String,
        document: String,
        period: FactPeriod = .always,
        categories: [DataCategory] = []
    ) {
        self.kind = kind
        self.holder = holder
        self.document = document
        self.period = period
        self.categories = categories
    }
}

extension VaultService {
    /// States that a document was seen; it counts from the next decision about this patient on.
    ///
    /// - Parameters:
    ///   - evidence: The document.
    ///   - patient: Whose record it opens.
    ///   - caller: A privacy officer; what the patient agreed to the patient may state.
    ///   - context: Where the call came from.
    /// - Returns: The statement's id and its entry.
    /// - Throws: ``GuardError/invalid(field:)``, ``GuardError/notPermitted(action:)`` and others.
    public func state(
        _ evidence: EvidenceStatement,
        of patient: PatientDesignation,
        by caller: Caller,
        context: CallContext
    ) throws -> (id: RecordID, receipt: Receipt) {
        guard !evidence.document.isEmpty,
            evidence.document.utf8.count <= Limits.maximumReasonByteCount
        else { throw GuardError.invalid(field: "document") }
        guard !evidence.holder.isEmpty else { throw GuardError.invalid(field: "holder") }
        guard evidence.categories.isEmpty || evidence.kind == .representation else {
            throw GuardError.invalid(field: "categories")
        }
        var fact = Fact(.evidence)
        fact.links = evidence.categories.map(\.rawValue)
        fact.evidence = evidence.kind
        fact.names = [evidence.document]
        fact.period = evidence.period
        fact.parties = [
            evidence.holder.contains("|")
                ? Party(role: .holder, identifier: evidence.holder)
                : Party(role: .holder, reference: evidence.holder)
        ]
        guard let id = FHIRID(Hex.encode(random.bytes(8))) else {
            throw GuardError.invalid(field: "id")
        }
        let origin = RecordID(type: "Evidence", id: id)
        let receipt = try `guard`.state(
            [PatientFacts.Entry(origin: origin, version: 1, facts: [fact])],
            of: patient,
            by: caller,
            context: context
        )
        return (origin, receipt)
    }
}
