public import Consent
public import Guard
public import Records
public import VaultCore

// Vault: the use cases. One use case is one function: decide, log, open, filter, log, answer.
//
// Promises: no record leaves without a decision; no response leaves without a durable entry that lists
// what it carries. Never: keeps a key longer than the call that needed it.
// Read Disclosure/Request.swift first, top to bottom: it is one disclosure.

/// A vault: the Guard with keys, facts and log on one side, ciphertext on the other.
public struct VaultService: Sendable {
    /// Who may, and the keys.
    public let `guard`: any GuardService
    /// Ciphertext.
    public let records: any RecordStore
    /// Finds sensitivity labels.
    let labeller: Labeller
    let random: any RandomSource

    /// Puts a vault together and closes what a crash left open.
    ///
    /// - Parameters:
    ///   - service: Unsealed.
    ///   - records: The same vault's.
    ///   - labeller: With the shipped tables.
    ///   - random: For salts and assigned ids.
    ///   - recoverer: In whose name open writes are closed; `nil` where another process of this record
    ///     side does that. A signed statement is good for one call only: give a session.
    /// - Throws: A ``Failure``.
    public init(
        guard service: any GuardService,
        records: any RecordStore,
        labeller: Labeller,
        random: any RandomSource,
        recoveringAs recoverer: Caller? = .operator
    ) throws {
        self.guard = service
        self.records = records
        self.labeller = labeller
        self.random = random
        if let recoverer { try recover(as: recoverer) }
    }

    /// Closes open intents: as stored where their transaction of rows was committed, else as abandoned.
    private func recover(as caller: Caller) throws {
        let open = try `guard`.openIntents(by: caller)
        for session in Set(open.map(\.session)).sorted() {
            let probes = open.filter { $0.session == session }.compactMap { intent in
                intent.probe.map { (intent.index, $0) }
            }
            let hasRows = try probes.contains { index, probe in
                try records.row(probe.record, version: probe.version)?.header.logIndex
                    == Int64(index)
            }
            try `guard`.resolve(session, hasRows: hasRows, by: caller)
        }
        for erased in try `guard`.erasedPatients(by: caller) { try records.erase(erased) }
    }

    /// The Guard of this process, for what no wire carries: keys that need the root key, backups, previews.
    ///
    /// - Returns: The Guard itself.
    /// - Throws: ``GuardIsElsewhere`` where it runs in another process.
    public func localGuard() throws -> GuardCore {
        guard let core = `guard` as? GuardCore else { throw GuardIsElsewhere() }
        return core
    }

    /// Seals a Guard of this process, lets go of one elsewhere, and closes the files.
    ///
    /// - Throws: A ``Failure`` where the last checkpoint cannot be written.
    public func close() throws {
        try `guard`.close()
        try records.close()
    }
}

/// The Guard runs in another process, and its socket does not carry this use case.
public struct GuardIsElsewhere: Failure {
    /// Nothing was changed.
    public init() {}

    /// The Guard cannot be reached for this.
    public var kind: FailureKind { .unavailable }
    /// Stable.
    public var code: String { "guard.elsewhere" }
    /// What was wrong.
    public var message: String { "a running Guard does not offer this over its socket" }
    /// What to do.
    public var hint: String {
        "end `patientvault guard serve`, then run this on the Guard's host without `--guard`"
    }
}
