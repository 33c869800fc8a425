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
    public let `guard`: GuardCore
    /// Ciphertext.
    public let records: any RecordStore
    /// Finds sensitivity labels.
    let labeller: Labeller
    let random: any RandomSource

    /// Puts a vault together and closes what a crash left open.
    ///
    /// - Parameters:
    ///   - guardCore: Unsealed.
    ///   - records: The same vault's.
    ///   - labeller: With the shipped tables.
    ///   - random: For salts and assigned ids.
    /// - Throws: A ``Failure``.
    public init(
        guard guardCore: GuardCore,
        records: any RecordStore,
        labeller: Labeller,
        random: any RandomSource
    ) throws {
        self.guard = guardCore
        self.records = records
        self.labeller = labeller
        self.random = random
        try recover()
    }

    /// Closes open intents: as stored where their transaction of rows was committed, else as abandoned.
    private func recover() throws {
        let open = try `guard`.openIntents()
        for session in Set(open.map(\.session)).sorted() {
            let probes = open.filter { $0.session == session }.compactMap { intent in
                intent.probe.map { (intent.index, $0) }
            }
            let hasRows = try probes.contains { index, probe in
                try records.row(probe.record, version: probe.version)?.header.logIndex
                    == Int64(index)
            }
            try `guard`.resolve(session, hasRows: hasRows)
        }
        for erased in try `guard`.erasedPatients() { try records.erase(erased) }
    }

    /// Seals the Guard and closes the files.
    ///
    /// - Throws: A ``Failure`` where the last checkpoint cannot be written.
    public func close() throws {
        try `guard`.seal()
        try records.close()
    }
}
