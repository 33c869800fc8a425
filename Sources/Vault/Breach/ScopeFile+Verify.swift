internal import BreachResponse
internal import MerkleLog
internal import Sealing
internal import VaultCore

/// What an offline check of a scope file found.
public struct ScopeFileVerdict: Sendable, Hashable {
    /// The case that it belongs to, as far as it can be read.
    public var incident: String?
    /// Patients in each of the three sets: accessed, could have been, not accessed.
    public var counts: [Int] = []
    /// Persons who signed.
    public var persons: [String] = []
    /// Everything that does not hold; empty where the file may be believed.
    public var problems: [String] = []
    /// What holds only up to a point.
    public var notes: [String] = []
}

extension ScopeFile {
    /// Checks a scope file with nothing but the vault's public key; needs no vault and no secret.
    ///
    /// Checked are the log's note over the whole content, each person's signature with the key that the note
    /// names, the checkpoint, that both ends of the range are prefixes of it, and that the sets are sound
    /// in themselves.
    ///
    /// - Parameters:
    ///   - bytes: A file of any origin.
    ///   - verifierKey: The vault's public key in C2SP's text form.
    /// - Returns: What was found.
    /// - Throws: A ``Failure`` where the key's text is malformed.
    public static func verify(_ bytes: [UInt8], verifierKey: String) throws -> ScopeFileVerdict {
        let key = try NoteVerifierKey(verifierKey)
        var verdict = ScopeFileVerdict()
        guard let file = try? ScopeFile(bytes), let certificate = try? file.certificate else {
            verdict.problems = ["this is no scope certificate, or it was altered"]
            return verdict
        }
        let document = certificate.document
        verdict.incident = document["incident"]?.string
        verdict.counts = ["accessed", "couldHave", "notAccessed"].map {
            Int(document["sets"]?[$0]?["count"]?.int ?? 0)
        }
        verdict.persons = certificate.signatures.map(\.principal.text)
        let text = file.document["note"]?.string
        guard let note = LogNote(text, domain: ScopeCertificate.domain, key: key) else {
            verdict.problems = ["the note is not this vault's, or was altered"]
            return verdict
        }
        let body: JSONValue = [
            "scope": file.document["scope"] ?? .null, "names": file.document["names"] ?? .null,
        ]
        if TreeHasher.leafHash(body.bytes).bytes != note.digest {
            verdict.problems.append("the content is not what the vault signed")
        }
        if Set(certificate.signatures.map { "\($0.principal.text) \($0.key)" }) != note.signers {
            verdict.problems.append("the persons or keys are not those that the vault names")
        }
        verdict.problems +=
            certificate.verify(persons: max(1, note.signers.count)) {
                key,
                message,
                signature in
                guard let publicKey = Base64.decode(key) else { return false }
                return Signing.isValid(signature, for: message, publicKey: publicKey)
            }.problems
        verdict.problems += file.rangeProblems(document["log"] ?? .null, note: note, key: key)
        if note.signers.count < ScopeCertificate.signatureCount {
            verdict.notes.append("one person alone has signed; no second run is vouched for")
        }
        verdict.notes += document["completeness"]?["doubts"]?.stringArray ?? []
        return verdict
    }

    /// Whether both ends of the range are prefixes of the log that the checkpoint covers.
    fileprivate func rangeProblems(
        _ range: JSONValue,
        note: LogNote,
        key: NoteVerifierKey
    ) -> [String] {
        guard let text = document["checkpoint"]?.string,
            let signed = try? SignedNote(parsing: Array(text.utf8)),
            let checkpoint = try? Checkpoint.verified(signed, key: key)
        else { return ["the checkpoint is not this vault's, or was altered"] }
        var problems: [String] = []
        if range["origin"]?.string != checkpoint.origin || note.index >= checkpoint.size {
            problems.append("the checkpoint does not cover this certificate")
        }
        problems += gapProblems(range, origin: checkpoint.origin)
        let paths = document["prefixes"]?.array ?? []
        for end in ["from", "to"] {
            guard let size = range[end]?["size"]?.int.flatMap({ UInt64(exactly: $0) }),
                let bytes = range[end]?["root"]?.string.flatMap({ Hex.decode($0) }),
                let root = MerkleHash(bytes),
                let path = paths.first(where: { $0["size"] == .int(Int64(clamping: size)) })
            else {
                problems.append("the range's `\(end)` cannot be read")
                continue
            }
            let hashes = (path["path"]?.stringArray ?? [])
                .compactMap { Base64.decode($0) }.compactMap { MerkleHash($0) }
            let proof = ConsistencyProof(
                oldSize: size,
                newSize: checkpoint.size,
                path: hashes
            )
            let isEmptyTree = size == 0 && root == TreeHasher.emptyRoot
            if !isEmptyTree, !proof.isValid(oldRoot: root, newRoot: checkpoint.root) {
                problems.append("the range's `\(end)` is not a part of the log of the checkpoint")
            }
        }
        return problems
    }

    /// The log's name tells what it lost; of that time nobody is proven not accessed.
    private func gapProblems(_ range: JSONValue, origin: String) -> [String] {
        func size(_ end: String) -> UInt64? {
            range[end]?["size"]?.int.flatMap { UInt64(exactly: $0) }
        }
        guard let from = size("from"), let to = size("to"),
            document["scope"]?["sets"]?["notAccessed"]?["count"]?.int != 0
        else { return [] }
        return LogOrigin(origin).gaps.filter { from <= $0.first && $0.first <= to }.map {
            "nobody is proven not accessed where \($0)"
        }
    }
}
