internal import MerkleLog
public import VaultCore

/// A vault's log beside what others know of it, before anything more is written to it.
///
/// How to use it: give it every checkpoint that was kept outside and every size that a witness tells. Where
/// ``lost`` is not `nil` then, entries are gone. The Guard serves again only after a privacy officer and
/// a second person ``open(reason:by:and:context:)`` a new origin, whose name says what is missing.
public final class TailCheck {
    private let core: GuardCore
    /// Entries that are there.
    public let present: UInt64
    /// The log's name.
    public let origin: String
    private var known: UInt64
    private var knownNote: SignedNote?
    private var knownRoot: MerkleHash?
    private var witness: String?

    /// Looks at a Guard that nobody has called yet.
    ///
    /// - Parameter core: Just unsealed, and used for nothing else.
    /// - Throws: A ``Failure``.
    public init(_ core: GuardCore) throws {
        self.core = core
        present = try core.exclusively { $0.state.frontier.size }
        origin = core.origin
        known = present
    }

    /// Takes a checkpoint that was kept outside the vault.
    ///
    /// - Parameter note: Signed by this log, with or without cosignatures.
    /// - Throws: ``GuardError/damagedState`` where it is not this log's or shows another one: then the copy was
    ///   written to after it was made, and only a fresh copy can tell what is missing.
    public func compare(_ note: String) throws {
        let signed = try SignedNote(parsing: Array(note.utf8))
        try core.exclusively { mutable in
            guard let seen = try mutable.state.verified(signed, key: core.signingKey.verifier)
            else { throw GuardError.damagedState }
            switch try mutable.state.standing(seen) {
            case .extended, .lost: break
            case .shorter(let present):
                // Under a former name more was lost than its gap says: that cannot be put right any more.
                guard seen.origin == origin else {
                    throw GuardError.logRolledBack(size: present, witnessed: seen.size)
                }
                take(seen, signed)
            case .differs: throw GuardError.damagedState
            }
        }
    }

    private func take(_ seen: Checkpoint, _ note: SignedNote) {
        // A signed checkpoint of the same size says more than a witness's number.
        guard seen.size > known || (seen.size == known && knownNote == nil) else { return }
        known = seen.size
        knownNote = note
        knownRoot = seen.root
        witness = nil
    }

    /// Takes a size that a witness says it has cosigned.
    ///
    /// - Parameters:
    ///   - size: Entries that the witness knows.
    ///   - name: The witness's name.
    public func compare(size: UInt64, witness name: String) {
        guard size > known else { return }
        known = size
        knownNote = nil
        knownRoot = nil
        witness = name
    }

    /// Indexes of the entries that are gone; `nil` where nothing is known to be.
    public var lost: ClosedRange<UInt64>? { known > present ? present...(known - 1) : nil }

    /// What is sent to a witness: the log as it is, nothing is written.
    ///
    /// - Returns: The body of a C2SP `add-checkpoint` request that claims to know nothing of the witness.
    /// - Throws: A ``Failure``.
    public func witnessRequest() throws -> [UInt8] { try core.witnessRequestAsItIs(from: 0) }

    /// What both persons sign.
    ///
    /// - Parameter reason: Why the tail is lost and no newer copy exists.
    /// - Returns: The one text of this request.
    public func request(reason: String) -> JSONValue {
        [
            "kind": "new-origin", "origin": .string(origin),
            "present": .int(Int64(clamping: present)), "known": .int(Int64(clamping: known)),
            "reason": .string(reason),
        ]
    }

    /// Goes on under a new origin that names the gap.
    ///
    /// - Parameters:
    ///   - reason: As it was signed.
    ///   - first: A privacy officer's signature over ``request(reason:)``.
    ///   - second: Another officer's or an administrator's.
    ///   - context: Where the call came from.
    /// - Returns: The Guard, which may serve now, and the entry.
    /// - Throws: ``GuardError/invalid(field:)`` where nothing is lost, ``GuardError/notPermitted(action:)`` and
    ///   other ``Failure``s.
    public func open(
        reason: String,
        by first: Caller,
        and second: Caller,
        context: CallContext
    ) throws -> (core: GuardCore, receipt: Receipt) {
        guard lost != nil else { throw GuardError.invalid(field: "new origin: nothing is lost") }
        let opening = OriginOpening(
            request: request(reason: reason),
            reason: reason,
            known: known,
            knownRoot: knownRoot,
            knownNote: knownNote?.description,
            witness: witness
        )
        return (core, try core.open(opening, by: first, and: second, context: context))
    }

    /// Closes the vault as it was found.
    ///
    /// - Throws: A ``Failure``.
    public func close() throws { try core.closeAsItIs() }
}
