internal import Consent
internal import MerkleLog
public import Sealing
public import VaultCore

extension GuardCore {
    /// Wraps the keys of the ring under a new root.
    ///
    /// The caller has the new root's own wrapping durable beside the old one before, and puts it in place
    /// after: a crash in between leaves a ring that exactly one of the two roots opens
    /// (``opensRing(_:root:vault:)`` tells which). Costs the wrapping of nine keys and one flush.
    ///
    /// - Parameters:
    ///   - root: The new root key.
    ///   - caller: A security officer, an administrator or the operator.
    ///   - context: Where the call came from.
    /// - Returns: The entry that announces the ring in its new wrapping.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func rotateRoot(
        to root: SecretKey,
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt {
        try exclusively { mutable in
            let actor = try mutable.keyKeeper(caller, "rotate-root")
            let state = mutable.state
            let wrapped = try state.ring.wrapped(
                under: root,
                vault: vault,
                random: state.random
            )
            // What cannot be opened again must never take the old wrapping's place.
            let again = try KeyRing.open(root: root, vault: vault) { wrapped[$0] }
            guard again.isSame(as: state.ring) else { throw GuardError.readBackMismatch }
            var header = try state.header(.key, by: actor, context: context)
            header.action = "rotate-root"
            header.more = [.init("ring", .string(KeyRing.digest(wrapped).base64))]
            let (index, leaf) = try state.append(header)
            state.setRing(wrapped)
            // CRASH: before the flush the old root opens the ring, after it the new one, never both.
            try state.commitNow()
            try? state.storage.forgetOldValues()
            return Receipt(index: index, leafHash: leaf.bytes)
        }
    }

    /// Whether this root key opens the ring of a Guard's store.
    ///
    /// - Parameters:
    ///   - storage: The vault's.
    ///   - root: The key to try.
    ///   - vault: The vault's id.
    /// - Returns: `false` where the ring is wrapped under another root.
    /// - Throws: A ``Failure`` where the storage cannot be read.
    public static func opensRing(
        _ storage: any GuardStorage,
        root: SecretKey,
        vault: VaultID
    ) throws -> Bool {
        do {
            _ = try KeyRing.open(root: root, vault: vault) {
                try storage.item(.ring, Array($0.utf8))
            }
            return true
        } catch SealingError.authenticationFailed { return false }
    }
}

extension GuardCore.Mutable {
    /// Who may change the vault's own keys; the request names what.
    mutating func keyKeeper(_ caller: Caller, _ action: String) throws -> Actor {
        let actor = try authenticator.actor(
            caller,
            body: ["kind": "keys", "action": .string(action)],
            state: state,
            allowsOperator: true
        )
        try actor.require([.securityOfficer, .administrator], action: "change the vault's keys")
        return actor
    }
}

extension KeyRing {
    /// Every key wrapped under a root, by name.
    func wrapped(
        under root: SecretKey,
        vault: VaultID,
        random: any RandomSource
    ) throws -> [String: [UInt8]] {
        var wrapped: [String: [UInt8]] = [:]
        for (name, key) in zip(Self.names, keys) {
            wrapped[name] = try KeyWrap.wrap(
                key,
                under: root,
                context: Self.context(name, vault),
                random: random
            )
        }
        for (key, former) in former {
            wrapped[key.formerName] = try KeyWrap.wrap(
                former,
                under: root,
                context: Self.context(key.formerName, vault),
                random: random
            )
        }
        return wrapped
    }

    /// Every name under which a key may be kept; the order is fixed.
    static var keptNames: [String] { names + StepwiseKey.allCases.map(\.formerName) }

    /// One hash over the ring as it is kept: the wrapped keys in the order of their names.
    static func digest(_ wrapped: [String: [UInt8]]) -> MerkleHash {
        TreeHasher.leafHash(keptNames.flatMap { wrapped[$0] ?? [] })
    }

    /// Whether every key is the same; in constant time for each.
    func isSame(as other: KeyRing) -> Bool {
        keys == other.keys && former == other.former
    }
}

extension GuardState {
    /// Stages the ring's wrapped keys; they are kept as they are, under no other key.
    func setRing(_ wrapped: [String: [UInt8]]) {
        for name in KeyRing.keptNames {
            setUnsealed(ItemChange(kind: .ring, key: Array(name.utf8), value: wrapped[name]))
        }
    }

    /// The ring as it is kept.
    func keptRing() throws -> [String: [UInt8]] {
        var kept: [String: [UInt8]] = [:]
        for name in KeyRing.keptNames { kept[name] = try storage.item(.ring, Array(name.utf8)) }
        return kept
    }
}
