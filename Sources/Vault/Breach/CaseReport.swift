internal import BreachResponse
public import Guard
internal import MerkleLog
public import VaultCore

/// A case's file, sealed: the document, the log key's word for it, and the newest checkpoint.
///
/// One JSON text: `case` (as ``BreachResponse/CaseDocument`` writes it), `note`, `checkpoint`.
public struct CaseReport: Sendable, Hashable {
    /// The file as JSON.
    public let document: JSONValue

    /// The file's bytes, byte for byte as ``verify(_:verifierKey:)`` wants them.
    public var bytes: [UInt8] { document.bytes }

    /// The case itself.
    public var content: JSONValue { document["case"] ?? .null }

    /// SHA-256 over the case's one text (as a Merkle leaf), in hexadecimal.
    public var digest: String { TreeHasher.leafHash(content.bytes).description }

    init(_ content: JSONValue, _ certification: Certification) {
        document = [
            "case": content, "note": .string(certification.note),
            "checkpoint": .string(certification.checkpoint),
        ]
    }

    /// Whether a file is a case file and no scope certificate.
    ///
    /// - Parameter bytes: A file of any origin.
    /// - Returns: Whether it has a `case`.
    public static func isCase(_ bytes: [UInt8]) -> Bool {
        JSONValue(parsing: bytes)?["case"] != nil
    }

    /// Checks a case file with nothing but the vault's public key.
    ///
    /// Checked are the log's note over the whole content, the checkpoint over the note's entry, that each
    /// record names the one before it, and that every step was one that the protocol allows.
    ///
    /// - Parameters:
    ///   - bytes: A file of any origin.
    ///   - verifierKey: The vault's public key in C2SP's text form.
    /// - Returns: What was found; ``ScopeFileVerdict/counts`` are those of the scope.
    /// - Throws: A ``Failure`` where the key's text is malformed.
    public static func verify(_ bytes: [UInt8], verifierKey: String) throws -> ScopeFileVerdict {
        let key = try NoteVerifierKey(verifierKey)
        var verdict = ScopeFileVerdict()
        guard let file = JSONValue(parsing: bytes), file.bytes == bytes, file.object?.count == 3,
            let content = file["case"], content["type"] == .string(CaseDocument.domain)
        else {
            verdict.problems = ["this is no case file, or it was altered"]
            return verdict
        }
        verdict.incident = content["incident"]?.string
        verdict.counts = ["accessed", "couldHave", "notAccessed"].compactMap {
            content["scope"]?["counts"]?[$0]?.int.map { Int($0) }
        }
        if verdict.counts.isEmpty { verdict.notes.append("no scope certificate is in it") }
        guard let note = LogNote(file["note"]?.string, domain: CaseDocument.domain, key: key) else {
            verdict.problems = ["the note is not this vault's, or was altered"]
            return verdict
        }
        verdict.persons = note.signers.map { String($0.prefix { $0 != " " }) }.sorted()
        if TreeHasher.leafHash(content.bytes).bytes != note.digest {
            verdict.problems.append("the content is not what the vault signed")
        }
        let signed = file["checkpoint"]?.string.flatMap { try? SignedNote(parsing: Array($0.utf8)) }
        let checkpoint = signed.flatMap { try? Checkpoint.verified($0, key: key) }
        if (checkpoint?.size ?? 0) <= note.index {
            verdict.problems.append(
                "the checkpoint is not this vault's, or does not cover this file"
            )
        }
        if let records = content["records"]?.array {
            let folded = try? Incident(records: records)
            if folded?.state.rawValue != content["state"]?.string {
                verdict.problems.append("the records are not a case that the protocol allows")
            }
        } else {
            verdict.notes.append("for a reader outside: the records themselves are not in it")
        }
        return verdict
    }
}

extension VaultService {
    /// Seals a case's file: an entry, and a note by the log's key that names who stands by it.
    ///
    /// - Parameters:
    ///   - content: As ``BreachResponse/CaseDocument`` writes it.
    ///   - people: One or two officers.
    ///   - context: Where the call came from.
    /// - Returns: The file.
    /// - Throws: A ``Failure``.
    public func seal(
        case content: JSONValue,
        by people: [any IncidentPerson],
        context: CallContext
    ) throws -> CaseReport {
        let request = CertificationRequest(
            domain: CaseDocument.domain,
            digest: TreeHasher.leafHash(content.bytes).bytes,
            sizes: []
        )
        let certified = try `guard`.certify(
            request,
            by: try people.map { try $0.caller(for: request.json) },
            context: context
        )
        return CaseReport(content, certified)
    }
}
