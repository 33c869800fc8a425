public import Consent
internal import MerkleLog
public import Sealing
public import VaultCore

extension GuardCore {
    /// Makes a new vault's Guard: keys, the first entry and the first administrator.
    ///
    /// - Parameters:
    ///   - storage: Empty.
    ///   - root: The root key; the caller wraps and keeps it.
    ///   - vault: The new vault's id.
    ///   - administrator: The first principal.
    ///   - policies: The policies in force.
    ///   - isDemo: Whether this vault accepts the example keys, for ever.
    ///   - limits: How often a principal may ask.
    ///   - clock: Where the time comes from.
    ///   - random: Where keys and nonces come from.
    /// - Returns: The Guard, unsealed.
    /// - Throws: A ``Failure``.
    public static func create(
        storage: sending any GuardStorage,
        root: SecretKey,
        vault: VaultID,
        administrator: Principal,
        policies: PolicySet,
        isDemo: Bool,
        limits: RateLimits = .shipped,
        clock: any TimeSource,
        random: any RandomSource
    ) throws -> GuardCore {
        guard try storage.logSize() == 0 else { throw GuardError.exists(what: "vault") }
        let (ring, wrapped) = try KeyRing.create(root: root, vault: vault, random: random)
        let origin = "patientvault.example/\(vault)"
        // CRASH: ring keys without a first entry are a store that `unseal` refuses; `init` starts anew.
        try storage.commit(
            StorageBatch(
                firstIndex: 0,
                items: wrapped.map {
                    ItemChange(kind: .ring, key: Array($0.key.utf8), value: $0.value)
                }
            )
        )
        let state = try GuardState(
            storage: storage,
            ring: ring,
            vault: vault,
            origin: origin,
            random: random,
            clock: clock
        )
        var header = EntryHeader(kind: .system, time: clock.now())
        header.actor = Actor.operatorName
        header.actorKind = Actor.operatorName
        header.authMethod = "passphrase"
        header.action = isDemo ? "create-demo" : "create"
        header.policyDigest = digest(of: policies)
        header.automated = .human
        header.more = [
            .init("vault", .string(vault.description)), .init("demo", .bool(isDemo)),
            .init("format", 1),
        ]
        try state.append(header)
        state.setItem(.meta, Array("demo".utf8), [isDemo ? 1 : 0])
        try state.commitNow()
        let core = try GuardCore(
            state: state,
            policies: policies,
            isDemo: isDemo,
            limits: limits
        )
        try core.register(administrator, by: .operator, context: CallContext())
        return core
    }

    /// Opens an existing vault's Guard with its root key.
    ///
    /// - Parameters:
    ///   - storage: The vault's.
    ///   - root: Unwrapped by the caller.
    ///   - vault: The vault's id.
    ///   - witnessed: Log size and root that somebody outside the folder last saw, if any.
    ///   - policies: The policies in force.
    ///   - limits: How often a principal may ask.
    ///   - clock: Where the time comes from.
    ///   - random: Where keys and nonces come from.
    /// - Returns: The Guard, unsealed.
    /// - Throws: ``GuardError/logRolledBack(size:witnessed:)`` and other ``Failure``s.
    public static func unseal(
        storage: sending any GuardStorage,
        root: SecretKey,
        vault: VaultID,
        witnessed: String?,
        policies: PolicySet,
        limits: RateLimits = .shipped,
        clock: any TimeSource,
        random: any RandomSource
    ) throws -> GuardCore {
        let ring = try KeyRing.open(root: root, vault: vault) {
            try storage.item(.ring, Array($0.utf8))
        }
        let state = try GuardState(
            storage: storage,
            ring: ring,
            vault: vault,
            origin: "patientvault.example/\(vault)",
            random: random,
            clock: clock
        )
        let isDemo = try state.item(.meta, Array("demo".utf8)) == [1]
        let core = try GuardCore(
            state: state,
            policies: policies,
            isDemo: isDemo,
            limits: limits
        )
        try core.checkWitnessed(witnessed)
        return core
    }

    /// Refuses a log that is shorter than, or differs from, what was seen outside the folder.
    func checkWitnessed(_ note: String?) throws {
        guard let note else { return }
        let signed = try SignedNote(parsing: Array(note.utf8))
        try exclusively { mutable in
            // It may be older than the key that signs now.
            guard let seen = try mutable.state.verified(signed, key: signingKey.verifier) else {
                throw GuardError.damagedState
            }
            try mutable.state.requireExtends(seen)
        }
    }

    /// States the heads of all patients, signs a checkpoint over the log and keeps both in one flush.
    ///
    /// Where no entry came since the last one, nothing is written.
    ///
    /// - Returns: The signed note, as given to witnesses.
    /// - Throws: A ``Failure``.
    @discardableResult
    public func checkpoint() throws -> String {
        try exclusively { try checkpoint(&$0.state) }
    }

    @discardableResult
    func checkpoint(
        _ state: inout GuardState,
        alsoBy earlier: NoteSigningKey? = nil,
        areHeadsDue: Bool = false
    ) throws -> String {
        do { try state.stageHeads(isDue: areHeadsDue) } catch GuardError.clockWentBackwards {
            // No entry can be written; the log so far is signed all the same, and states no newer heads.
        }
        var signed = try Checkpoint(
            origin: origin,
            size: state.nextIndex,
            root: state.stagedRoot
        ).signed(with: signingKey)
        if let earlier { try signed.sign(with: earlier) }
        let note = signed.description
        if try state.storage.lastCheckpoint() != note {
            state.stageCheckpoint(note)
            try state.commit()
        }
        return note
    }
}
