internal import Consent
internal import MerkleLog
public import VaultCore

/// The Guard's word for a document of a breach case: who signed it, with which keys, and where the log
/// knows it.
public struct Certification: Sendable, Hashable {
    /// A signed note by the log's key; its text names the document's digest and those who signed.
    public let note: String
    /// The newest checkpoint, which covers the document's own entry.
    public let checkpoint: String
    /// Log sizes with their paths to the checkpoint: `{size, path: [base64]}`.
    public let prefixes: [JSONValue]
    /// The document's entry.
    public let receipt: Receipt
}

/// Asks the Guard to stand by a document of a breach case.
public struct CertificationRequest: Sendable, Hashable {
    /// Kind and version of the document: first word of the note.
    public var domain: String
    /// SHA-256 of the document (as a Merkle leaf), 32 bytes.
    public var digest: [UInt8]
    /// Sizes of the log whose roots the document names.
    public var sizes: [UInt64]

    /// Describes a document.
    ///
    /// - Parameters:
    ///   - domain: Kind and version of the document, without white space.
    ///   - digest: SHA-256 of the document (as a Merkle leaf), 32 bytes.
    ///   - sizes: Sizes of the log whose roots the document names.
    public init(domain: String, digest: [UInt8], sizes: [UInt64]) {
        self.domain = domain
        self.digest = digest
        self.sizes = sizes
    }

    /// What the persons sign to the Guard.
    public var json: JSONValue {
        [
            "kind": "certify", "domain": .string(domain), "digest": .string(Hex.encode(digest)),
            "sizes": .array(sizes.map { .int(Int64(clamping: $0)) }),
        ]
    }
}

extension GuardCore {
    /// Signs, with the log's key, that these persons stand by a document; an entry first.
    ///
    /// The note's text is one line each: domain and origin, digest, index of the entry, time, and for each
    /// person their id and public key. It can never be read as a checkpoint, whose first line is the origin.
    ///
    /// - Parameters:
    ///   - request: The document.
    ///   - callers: One or two persons with a part in breach cases, each by a signed statement of their own.
    ///   - context: Where the call came from.
    /// - Returns: Note, checkpoint and paths.
    /// - Throws: ``GuardError/notPermitted(action:)``, ``GuardError/invalid(field:)`` and others.
    public func certify(
        _ request: CertificationRequest,
        by callers: [Caller],
        context: CallContext
    ) throws -> Certification {
        try exclusively { mutable in
            let state = mutable.state
            guard request.digest.count == 32, request.domain.hasPrefix("patientvault."),
                !request.domain.contains(where: \.isWhitespace), (1...2).contains(callers.count),
                request.sizes.allSatisfy({ $0 <= state.frontier.size })
            else { throw GuardError.invalid(field: "certificate") }
            var signers: [Principal] = []
            var first: Actor?
            for caller in callers {
                let actor = try mutable.authenticator.freshActor(
                    caller,
                    body: request.json,
                    state: state
                )
                // Officers and administrators by their kind, counsel and reviewers by their registration.
                guard actor.principal?.isResponder == true else {
                    throw GuardError.notPermitted(action: "certify")
                }
                guard let principal = actor.principal,
                    !signers.contains(where: { $0.publicKey == principal.publicKey })
                else { throw GuardError.notPermitted(action: "sign twice") }
                signers.append(principal)
                first = first ?? actor
            }
            guard let first else { throw GuardError.notAuthenticated }
            var header = try state.header(.breach, by: first, context: context)
            header.action = "certify"
            header.more = [
                .init("document", request.json),
                .init("signers", .strings(signers.map(\.id.text))),
            ]
            let (index, leaf) = try state.append(header)
            try state.commit()
            let receipt = Receipt(index: index, leafHash: leaf.bytes)
            return try certification(
                request,
                signers,
                receipt,
                time: header.time,
                state: &mutable.state
            )
        }
    }

    private func certification(
        _ request: CertificationRequest,
        _ signers: [Principal],
        _ receipt: Receipt,
        time: Instant,
        state: inout GuardState
    ) throws -> Certification {
        let checkpoint = try checkpoint(&state)
        var lines = [
            "\(request.domain) \(origin)", Base64.encode(request.digest), "\(receipt.index)",
            time.description,
        ]
        lines += signers.map { "\($0.id.text) \(Base64.encode($0.publicKey))" }
        var note = try SignedNote(text: lines.map { $0 + "\n" }.joined())
        try note.sign(with: signingKey)
        let hashes = StoredHashes(storage: try state.storage)
        let size = state.frontier.size
        let prefixes = try request.sizes.map { old -> JSONValue in
            let proof = try ConsistencyProof(oldSize: old, newSize: size, reader: hashes)
            return [
                "size": .int(Int64(clamping: old)), "path": .strings(proof.path.map(\.base64)),
            ]
        }
        return Certification(
            note: note.description,
            checkpoint: checkpoint,
            prefixes: prefixes,
            receipt: receipt
        )
    }
}
