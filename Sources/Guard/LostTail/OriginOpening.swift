internal import Consent
internal import MerkleLog
internal import Sealing
internal import Synchronization
internal import VaultCore

/// What two persons want to go on without.
struct OriginOpening {
    static let action = "new-origin"

    let request: JSONValue
    let reason: String
    let known: UInt64
    let knownRoot: MerkleHash?
    let knownNote: String?
    /// The witness that told the size, where there is no note.
    let witness: String?
}

extension GuardCore {
    /// Writes the entry with which the log goes on under a name that tells of the gap, and signs by it.
    func open(
        _ opening: OriginOpening,
        by first: Caller,
        and second: Caller,
        context: CallContext
    ) throws -> Receipt {
        try exclusively { mutable in
            let state = mutable.state
            let one = try mutable.officer(first, opening)
            let two = try mutable.officer(second, opening)
            guard one.kind == .privacyOfficer else {
                throw GuardError.notPermitted(action: "open a new origin")
            }
            guard one.id != two.id, one.publicKey != two.publicKey else {
                throw GuardError.notPermitted(action: "open a new origin alone")
            }
            guard !opening.reason.isEmpty,
                opening.reason.utf8.count <= Limits.maximumReasonByteCount
            else { throw GuardError.invalid(field: "reason") }
            // Entries were cut out of a newer file: its state speaks of them, and no replay could give it.
            guard
                try state.item(GuardState.edgeItem.kind, GuardState.edgeItem.key)
                    == state.frontier.edge
            else {
                throw GuardError.damagedState
            }
            let former = signingKey
            let tail = LostTail(
                formerOrigin: origin,
                present: state.frontier.size,
                known: opening.known,
                knownRoot: opening.knownRoot,
                closing: try Checkpoint(
                    origin: origin,
                    size: state.frontier.size,
                    root: state.frontier.root
                ).signed(with: former).description
            )
            let next = try NoteSigningKey(
                name: tail.origin,
                seed: state.ring.signing.withBytes { Array($0) }
            )
            var header = try state.header(.system, by: one.actor, context: context)
            header.action = OriginOpening.action
            header.reason = opening.reason
            header.more = [
                .init("lostTail", tail.json), .init("oldKey", .string(former.verifier.description)),
                .init("newKey", .string(next.verifier.description)),
                .init("knownCheckpoint", opening.knownNote.map { .string($0) } ?? .null),
                .init("witness", opening.witness.map { .string($0) } ?? .null),
                .init("request", opening.request),
                .init("signatures", .array([one.signature, two.signature])),
            ]
            let (index, leaf) = try state.append(header)
            try state.keepLostTail(tail, formerKey: former.verifier)
            // CRASH: before this the Guard refuses to start, as it did; after it the log has its new name,
            // and the next start signs the first checkpoint under it.
            try state.commitNow()
            state.rename(tail.origin)
            signer.withLock { $0 = next }
            try checkpoint(&mutable.state)
            return Receipt(index: index, leafHash: leaf.bytes)
        }
    }
}

/// Somebody who signed the opening, as the entry shows them to outsiders.
private struct OpeningOfficer {
    let actor: Actor
    let kind: RequesterKind
    let id: PrincipalID
    let publicKey: [UInt8]
    let signature: JSONValue
}

extension GuardCore.Mutable {
    fileprivate mutating func officer(
        _ caller: Caller,
        _ opening: OriginOpening
    ) throws -> OpeningOfficer {
        // A session's signature is over something else; outsiders are to see one over this.
        guard case .signed(let statement) = caller else { throw GuardError.notAuthenticated }
        let actor = try authenticator.actor(
            caller,
            body: opening.request,
            state: state,
            allowsOperator: false
        )
        try actor.require(
            [.privacyOfficer, .securityOfficer, .administrator],
            action: "open a new origin"
        )
        guard let principal = actor.principal else { throw GuardError.notAuthenticated }
        return OpeningOfficer(
            actor: actor,
            kind: principal.requester.kind,
            id: principal.id,
            publicKey: principal.publicKey,
            signature: [
                "principal": .string(principal.id.text), "role": .string(actor.kind),
                "key": .string(Base64.encode(principal.publicKey)),
                "time": .int(statement.time.microseconds),
                "nonce": .string(Hex.encode(statement.nonce)),
                "signature": .string(Base64.encode(statement.signature)),
            ]
        )
    }
}

extension GuardState {
    /// Stages what a start needs to know of the gap, and the key under its former name.
    fileprivate func keepLostTail(_ tail: LostTail, formerKey: NoteVerifierKey) throws {
        setItem(.meta, Self.lostTailsKey, Self.encoded(try lostTails() + [tail]))
        keepEarlierLogKeys(try earlierLogKeys() + [formerKey])
    }
}
