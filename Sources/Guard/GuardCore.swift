public import Consent
internal import MerkleLog
internal import Sealing
internal import Synchronization
public import VaultCore

// Guard: who may, and the keys. Read `release` (Disclosure/Release.swift) first: it decides, writes the
// entry, waits until it is on disk, and only then hands over read keys.
//
// Promises: no key leaves without a durable entry; no entry is lost or altered unseen; unknown means no.
// Never: sees a record's plaintext, or believes a caller that has not proved who it is.

/// The Guard in one process: root key, facts, decisions and the access log behind one lock.
///
/// A socket can stand in front of it: every call takes and returns values only.
public final class GuardCore: Sendable {
    let mutable: Mutex<Mutable>
    /// The vault's id.
    public let vault: VaultID
    /// The log's name, first line of every checkpoint; a log that lost entries says so in it.
    public var origin: String { signingKey.verifier.name }
    /// The policies in force; ``reload(_:evenIfSame:context:)`` replaces them.
    public var policies: PolicySet { inForce.current }
    let inForce: PoliciesInForce
    /// Whether the vault's first entry says `demo`.
    public let isDemo: Bool
    /// SHA-256 over the policies in force (as a Merkle leaf), in hexadecimal.
    public var policyDigest: String { digest.withLock { $0 } }
    let digest: Mutex<String>
    let signer: Mutex<NoteSigningKey>
    /// Who fetches clients' keys.
    let keySource = Mutex<(any KeySetSource)?>(nil)
    /// Held while a password is stretched; what a password is compared with where there is no account.
    let stretching: Mutex<PasswordHash>

    struct Mutable {
        var state: GuardState
        var authenticator: Authenticator
        var rates: RateMeter
        var grants = GrantTable()
        var emergencies = EmergencyTable()
        var launches = LaunchDesk()
        /// Key of the refresh token that was looked at last; `nil` where the look begins anew.
        var sweptRefreshToken: [UInt8]?
        let tickets: GrantTickets
        var writes: [WriteSessionID: WriteSession] = [:]
        var unfinished = UnfinishedWrites()
        /// Set while all shard keys are rotated.
        var shardMembers: ShardMembers?
        /// How old the keys of clients are that were fetched since the start; nothing older is believed.
        var keySets: [String: KeySetAge] = [:]
    }

    init(
        state: sending GuardState,
        policies: PolicySet,
        isDemo: Bool,
        limits: RateLimits
    ) throws {
        vault = state.vault
        inForce = PoliciesInForce(policies)
        digest = Mutex(Self.digest(of: policies))
        self.isDemo = isDemo
        let seed = state.ring.signing.withBytes { Array($0) }
        signer = Mutex(try NoteSigningKey(name: state.origin, seed: seed))
        stretching = Mutex(PasswordHash(decoyFrom: SystemRandom()))
        mutable = Mutex(
            Mutable(
                state: state,
                authenticator: Authenticator(seen: try state.keptNonces()),
                rates: RateMeter(limits: limits),
                tickets: GrantTickets(key: state.random.bytes(32))
            )
        )
    }

    static func digest(of policies: PolicySet) -> String {
        TreeHasher.leafHash(policies.canonicalBytes).description
    }

    /// The key that signs checkpoints now.
    var signingKey: NoteSigningKey { signer.withLock { $0 } }

    /// The public key that checkpoints are checked with, in C2SP's text form.
    public var verifierKey: String { signingKey.verifier.description }

    /// Runs one use case alone; what it staged and did not commit is dropped.
    ///
    /// The lock is held while the use case looks and stages, not while the disk works. Answers and errors
    /// alike leave only when everything that the use case can have seen is durable, its own entries and
    /// those of others: what a failed flush takes back was told to nobody. Under an ``AnswerHold`` they
    /// return before that, to somebody who sees to it.
    func exclusively<Value: Sendable>(
        isDisclosure: Bool = false,
        _ body: (inout Mutable) throws -> sending Value
    ) throws
        -> Value
    {
        let (outcome, seen, group) = try mutable.withLock { mutable in
            guard !mutable.state.isStopped else { throw GuardError.sealed }
            mutable.endIdleWrites()
            let outcome: Result<Value, any Error>
            do { outcome = .success(try body(&mutable)) } catch {
                mutable.state.rollBack()
                outcome = .failure(error)
            }
            // A statement counts once, whatever came of it.
            if !mutable.state.isStopped { try mutable.authenticator.keepNonces(mutable.state) }
            return (outcome, mutable.state.newest, mutable.state.waiting)
        }
        if AnswerHold.current?.takes(group, until: seen, isDisclosure: isDisclosure) != true {
            try group.wait(for: seen)
        }
        return try outcome.get()
    }

    /// Forgets the keys and closes the file without writing anything more to it, not even a checkpoint.
    ///
    /// - Throws: A ``Failure`` where the file cannot be closed; the keys are forgotten nevertheless.
    public func closeAsItIs() throws {
        try mutable.withLock { mutable in
            mutable.grants.revokeAll()
            let storage = try? mutable.state.storage
            mutable.state.stop()
            try storage?.close()
        }
    }

    /// Whether it refuses every call: sealed, or stopped after a failed write.
    public var hasStopped: Bool { mutable.withLock { $0.state.isStopped } }

    /// Stops the Guard: keys are forgotten, every later call is refused.
    ///
    /// - Throws: A ``Failure`` where the last checkpoint cannot be written.
    public func seal() throws {
        try mutable.withLock { mutable in
            if !mutable.state.isStopped { try checkpoint(&mutable.state) }
            mutable.grants.revokeAll()
            mutable.emergencies = EmergencyTable()
            mutable.writes = [:]
            let storage = try? mutable.state.storage
            mutable.state.stop()
            // After a failed flush the file is left as it is: nothing more is written to it.
            try storage?.close()
        }
    }
}
