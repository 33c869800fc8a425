internal import Sealing
internal import VaultCore

/// The Guard's log and state as they were at one moment, to be read apart from the Guard's lock.
///
/// Decisions go on meanwhile: whoever verifies or searches a long log must not keep anybody from a record.
struct GuardSnapshot: Sendable {
    fileprivate let storage: any GuardStorage
    fileprivate let ring: KeyRing
    fileprivate let vault: VaultID
    fileprivate let origin: String
    fileprivate let random: any RandomSource
    fileprivate let clock: any TimeSource

    /// A state to read from, with caches of its own; nothing may be staged in it.
    func state() throws -> GuardState {
        try GuardState(
            storage: storage,
            ring: ring,
            vault: vault,
            origin: origin,
            random: random,
            clock: clock
        )
    }

    /// Lets the files go on without it.
    func close() { try? storage.close() }
}

extension GuardState {
    /// Everything committed until now, once it is durable.
    ///
    /// - Throws: ``GuardError/sealed`` after a failed flush, and what the storage throws.
    func snapshot() throws -> GuardSnapshot {
        GuardSnapshot(
            storage: try storage.snapshot(),
            ring: ring,
            vault: vault,
            origin: origin,
            random: random,
            clock: clock
        )
    }
}

extension GuardCore {
    /// Runs a long reading use case: alone while it is permitted and noted, then beside all others.
    ///
    /// - Parameters:
    ///   - permit: Under the lock: proves the caller, writes the entry about the reading.
    ///   - body: Without the lock, on what was durable when `permit` had ended.
    /// - Returns: What the body returns.
    /// - Throws: What either throws.
    func apart<Permit: Sendable, Value>(
        _ permit: (inout Mutable) throws -> sending Permit,
        _ body: (GuardState, Permit) throws -> Value
    ) throws -> Value {
        let (permitted, snapshot) = try exclusively { mutable in
            let permitted = try permit(&mutable)
            return (permitted, try mutable.state.snapshot())
        }
        defer { snapshot.close() }
        return try body(try snapshot.state(), permitted)
    }
}
