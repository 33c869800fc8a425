internal import Consent
internal import MerkleLog
public import Sealing
internal import Synchronization
internal import VaultCore

extension GuardCore {
    /// Replaces the key of the blind index and builds the index anew, in one commit.
    ///
    /// - Parameters:
    ///   - root: The root key in force; it wraps the new one.
    ///   - caller: A security officer, an administrator or the operator.
    ///   - context: Where the call came from.
    /// - Returns: The entry that announces it.
    /// - Throws: ``GuardError/notPermitted(action:)``, `SealingError.authenticationFailed` for another root.
    /// - Complexity: O(patients), all rows of the index in memory.
    public func rotateIndexKey(
        root: SecretKey,
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt {
        try exclusively { mutable in
            let actor = try mutable.keyKeeper(caller, "rotate-index")
            let state = mutable.state
            let next = try state.ring.replacing(
                "blind-index",
                with: try SecretKey.random(from: state.random)
            )
            try state.rebuildIndex(tagger: next.blindIndex)
            let receipt = try state.commitRing(
                next,
                root: root,
                action: "rotate-index",
                by: actor,
                context: context
            )
            try? state.storage.forgetOldValues()
            return receipt
        }
    }

    /// Replaces the key that signs checkpoints.
    ///
    /// The entry carries a note that the old key and the new one both signed; the checkpoint over it is signed
    /// by both, so that whoever trusts the old key can follow. Later checkpoints carry the new one's signature
    /// alone.
    ///
    /// - Parameters:
    ///   - root: The root key in force.
    ///   - caller: A security officer, an administrator or the operator.
    ///   - context: Where the call came from.
    /// - Returns: The note that both keys signed, and the checkpoint that both signed.
    /// - Throws: As ``rotateIndexKey(root:by:context:)``.
    public func rotateLogKey(
        root: SecretKey,
        by caller: Caller,
        context: CallContext
    ) throws -> (succession: String, checkpoint: String) {
        try exclusively { mutable in
            let actor = try mutable.keyKeeper(caller, "rotate-log-key")
            let state = mutable.state
            let old = signingKey
            let secret = try SecretKey.random(from: state.random)
            let new = try NoteSigningKey(name: origin, seed: secret.withBytes { Array($0) })
            let next = try state.ring.replacing("log-signing", with: secret)
            let note = try KeySuccession(
                origin: origin,
                old: old.verifier,
                new: new.verifier,
                index: state.nextIndex
            ).signed(by: old, new)
            state.keepEarlierLogKeys(try state.earlierLogKeys() + [old.verifier])
            _ = try state.commitRing(
                next,
                root: root,
                action: "rotate-log-key",
                more: [
                    .init("oldKey", .string(old.verifier.description)),
                    .init("newKey", .string(new.verifier.description)),
                    .init("succession", .string(note.description)),
                ],
                by: actor,
                context: context
            )
            signer.withLock { $0 = new }
            // CRASH: without the twice signed checkpoint the note in the entry still shows the way.
            let checkpoint = try checkpoint(&mutable.state, alsoBy: old)
            return (note.description, checkpoint)
        }
    }
}

/// What a rotation of the log's key leaves to outsiders: a note signed by both keys.
///
/// Text, one line each: `patientvault.key-succession/1 ORIGIN`, the old key, the new key, the index of the
/// entry that announces it. It can never be read as a checkpoint, whose first line is the origin.
struct KeySuccession {
    let origin: String
    let old: NoteVerifierKey
    let new: NoteVerifierKey
    let index: UInt64

    func signed(by oldKey: NoteSigningKey, _ newKey: NoteSigningKey) throws -> SignedNote {
        let lines = [
            "patientvault.key-succession/1 \(origin)", old.description, new.description, "\(index)",
        ]
        var note = try SignedNote(text: lines.map { $0 + "\n" }.joined())
        try note.sign(with: oldKey)
        try note.sign(with: newKey)
        return note
    }
}

extension GuardState {
    static let earlierLogKeysMark = Array("earlier-log-keys".utf8)

    /// Keys that signed this log's checkpoints before, oldest first.
    func earlierLogKeys() throws -> [NoteVerifierKey] {
        guard let bytes = try item(.meta, Self.earlierLogKeysMark) else { return [] }
        return try String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
            try NoteVerifierKey($0)
        }
    }

    /// Stages them.
    func keepEarlierLogKeys(_ keys: [NoteVerifierKey]) {
        let text = keys.map(\.description).joined(separator: "\n")
        setItem(.meta, Self.earlierLogKeysMark, Array(text.utf8))
    }

    /// A checkpoint by the log's present key or one that it had before; `nil` for anybody else's.
    func verified(_ note: SignedNote, key: NoteVerifierKey) throws -> Checkpoint? {
        for key in [key] + (try earlierLogKeys()) {
            if let checkpoint = try Checkpoint.verified(note, key: key) { return checkpoint }
        }
        return nil
    }

    /// Announces and keeps a ring in which one key is new, and goes on with it.
    func commitRing(
        _ next: KeyRing,
        root: SecretKey,
        action: String,
        more: [JSONValue.Member] = [],
        by actor: Actor,
        context: CallContext
    ) throws -> Receipt {
        let kept = try keptRing()
        // The wrong root would lock everybody out at the next start.
        guard try KeyRing.open(root: root, vault: vault, wrapped: { kept[$0] }).isSame(as: ring)
        else { throw GuardError.damagedState }
        let wrapped = try next.wrapped(under: root, vault: vault, random: random)
        guard try KeyRing.open(root: root, vault: vault, wrapped: { wrapped[$0] }).isSame(as: next)
        else { throw GuardError.readBackMismatch }
        var header = try self.header(.key, by: actor, context: context)
        header.action = action
        header.more = [.init("ring", .string(KeyRing.digest(wrapped).base64))] + more
        let (index, leaf) = try append(header)
        setRing(wrapped)
        try commitNow()
        replaceRing(next)
        return Receipt(index: index, leafHash: leaf.bytes)
    }

    /// Stages every bucket of the blind index under another key; the number of bits stays.
    fileprivate func rebuildIndex(tagger: Tagger) throws {
        let next = BlindIndex(tagger: tagger, bits: try blindIndex().bits)
        var buckets: [[UInt8]: Set<PatientPseudonym>] = [:]
        try forEachStoredItem(.searchFields) { key, bytes in
            guard let patient = PatientPseudonym(bytes: key), let json = JSONValue(parsing: bytes),
                let fields = PatientIdentity(json: json)
            else { throw GuardError.damagedState }
            for row in fields.rows { buckets[next.bucket(of: row), default: []].insert(patient) }
        }
        try forEachStoredItem(.index) { key, _ in setItem(.index, key, nil) }
        for (bucket, members) in buckets {
            setItem(.index, bucket, members.sorted().flatMap(\.bytes))
        }
    }
}
