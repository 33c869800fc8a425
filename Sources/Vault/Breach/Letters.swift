public import BreachResponse
public import Guard
internal import MerkleLog
public import VaultCore

/// Letters to the affected persons of a case, written and not sent.
public struct LetterQueue: Sendable {
    /// One letter.
    public struct Letter: Sendable {
        /// Name of its files without ending: number and language.
        public let name: String
        /// The letter, in each language in which it must stand.
        public let texts: [LetterText]

        /// All languages as plain text.
        public var plain: String { texts.map(\.plain).joined(separator: "\n* * *\n\n") }
    }

    /// The letters, in the order of the pseudonyms.
    public let letters: [Letter]
    /// Notices to everybody in each language that some affected person reads: press, home page.
    public let notices: [LetterText]
    /// The ledger: for each letter the person, the language, what is missing, and the text's digest.
    public let ledger: JSONValue

    /// Digest of the ledger, for the step `notify`.
    public var digest: String { TreeHasher.leafHash(ledger.bytes).description }
}

/// What all letters of a case have in common.
public struct LetterOrder: Sendable {
    /// The certificate; it must have been checked.
    public var scope: ScopeFile
    /// The day of the discovery, `2026-03-02`.
    public var discovered: String
    /// Who writes.
    public var sender: String
    /// Where to ask.
    public var contact: String
    /// What the clocks found; decides what each letter must hold.
    public var deadlines: [BreachDeadline]
    /// What laws add to a letter.
    public var elements: LetterElements?
    /// Who got the information, where that is known.
    public var recipient: String?

    /// Describes letters.
    ///
    /// - Parameters:
    ///   - scope: The certificate; it must have been checked.
    ///   - discovered: The day of the discovery.
    ///   - sender: Who writes.
    ///   - contact: Where to ask.
    ///   - deadlines: What the clocks found.
    ///   - elements: What laws add to a letter.
    ///   - recipient: Who got the information.
    public init(
        scope: ScopeFile,
        discovered: String,
        sender: String,
        contact: String,
        deadlines: [BreachDeadline] = [],
        elements: LetterElements? = nil,
        recipient: String? = nil
    ) {
        self.scope = scope
        self.discovered = discovered
        self.sender = sender
        self.contact = contact
        self.deadlines = deadlines
        self.elements = elements
        self.recipient = recipient
    }
}

extension VaultService {
    /// Writes one letter for each affected person, in that person's language; nothing is sent.
    ///
    /// - Parameters:
    ///   - order: What all letters have in common.
    ///   - templates: The letter's words in every language there is.
    ///   - person: A privacy officer.
    ///   - context: Where the call came from.
    /// - Returns: Letters, notices and their ledger.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func letters(
        _ order: LetterOrder,
        templates: LetterTemplates,
        by person: any IncidentPerson,
        context: CallContext
    ) throws -> LetterQueue {
        let incident = try order.scope.certificate.document["incident"]?.string ?? ""
        let affected = try order.scope.affected().sorted { $0.patient < $1.patient }
        let patients = affected.map(\.patient)
        let body = GuardCore.correspondenceBody(patients, incident: incident)
        let people = try `guard`.correspondents(
            patients,
            incident: incident,
            by: try person.caller(for: body),
            context: context
        )
        let writer = try LetterWriter(
            order: order,
            templates: templates,
            now: try `guard`.incidentTime()
        )
        var letters: [LetterQueue.Letter] = []
        var ledger: [JSONValue] = []
        for (number, (known, found)) in zip(affected, people).enumerated() {
            let written = writer.letter(number + 1, to: found, about: known)
            letters.append(written.letter)
            ledger.append(written.line)
        }
        let languages = Set(letters.compactMap { $0.texts.first?.language }).sorted()
        return LetterQueue(
            letters: letters,
            notices: languages.map { writer.notice(in: $0, about: affected) },
            ledger: [
                "incident": .string(incident),
                "scope": try order.scope.certificate.document["resultDigest"] ?? .null,
                "letters": .array(ledger),
            ]
        )
    }
}
