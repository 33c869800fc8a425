public import BreachResponse
public import Guard
internal import MerkleLog
public import VaultCore

/// Letters to the affected persons of a case, written and not sent.
public struct LetterQueue: Sendable {
    /// One letter.
    public struct Letter: Sendable {
        /// Name of its file: number and language.
        public let fileName: String
        /// The letter.
        public let text: String
    }

    /// The letters, in the order of the pseudonyms.
    public let letters: [Letter]
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

    /// Describes letters.
    ///
    /// - Parameters:
    ///   - scope: The certificate; it must have been checked.
    ///   - discovered: The day of the discovery.
    ///   - sender: Who writes.
    ///   - contact: Where to ask.
    public init(scope: ScopeFile, discovered: String, sender: String, contact: String) {
        self.scope = scope
        self.discovered = discovered
        self.sender = sender
        self.contact = contact
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
    /// - Returns: Letters and their ledger.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func letters(
        _ order: LetterOrder,
        templates: LetterTemplates,
        by person: any IncidentPerson,
        context: CallContext
    ) throws -> LetterQueue {
        let certificate = try order.scope.certificate.document
        let incident = certificate["incident"]?.string ?? ""
        let affected = try order.scope.affected().sorted { $0.patient < $1.patient }
        let patients = affected.map(\.patient)
        let body = GuardCore.correspondenceBody(patients, incident: incident)
        let people = try `guard`.correspondents(
            patients,
            incident: incident,
            by: try person.caller(for: body),
            context: context
        )
        let window = certificate["query"]?["window"]
        func day(_ name: String) -> String { String((window?[name]?.string ?? "").prefix(10)) }
        var letters: [LetterQueue.Letter] = []
        var ledger: [JSONValue] = []
        for (number, (known, found)) in zip(affected, people).enumerated() {
            let template = templates.template(for: found.identity?.language)
            let text = template.letter(
                LetterFacts(
                    name: found.identity?.names.first ?? "",
                    address: found.identity?.address ?? [],
                    suspicion: certificate["query"]?["suspicion"]?["kind"]?.string ?? "",
                    days: (day("from"), day("to"), order.discovered),
                    isAccessed: known.isAccessed,
                    categories: known.categories,
                    sender: order.sender,
                    contact: order.contact
                )
            )
            let digits = String(number + 1)
            let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            let name = "\(padded)-\(template.language).txt"
            letters.append(LetterQueue.Letter(fileName: name, text: text))
            ledger.append(Self.line(name, text, known, found, template))
        }
        return LetterQueue(
            letters: letters,
            ledger: [
                "incident": .string(incident),
                "scope": certificate["resultDigest"] ?? .null, "letters": .array(ledger),
            ]
        )
    }

    private static func line(
        _ name: String,
        _ text: String,
        _ known: ScopeFile.Affected,
        _ found: Correspondent,
        _ template: LetterTemplate
    ) -> JSONValue {
        var open: [String] = []
        if found.identity?.names.first == nil { open.append("name") }
        if found.identity?.address.isEmpty != false { open.append("address") }
        let wanted = found.identity?.language
        if wanted == nil { open.append("language") }
        let primary = wanted?.split(whereSeparator: { $0 == "-" || $0 == "_" }).first
        let isNorwegian = template.language == "nb" && ["no", "nn"].contains(primary ?? "")
        if let primary, primary != template.language, !isNorwegian { open.append("translation") }
        if template.reviewedBy == nil { open.append("review") }
        return [
            "file": .string(name), "patient": .string(known.patient.description),
            "reference": found.reference.map { .string($0) } ?? .null,
            "set": known.isAccessed ? "accessed" : "couldHave",
            "wanted": wanted.map { .string($0) } ?? .null, "language": .string(template.language),
            "digest": .string(TreeHasher.leafHash(Array(text.utf8)).description),
            "open": .strings(open), "sent": false,
        ]
    }
}
