internal import Guard
internal import MerkleLog
internal import VaultCore

/// What a serving process asks its witnesses before it answers anybody.
struct WitnessCheck {
    let folder: VaultFolder
    let terminal: Terminal

    /// Asks every witness of the vault's list for the newest size that it cosigned, and has it cosign this log.
    ///
    /// A witness that cannot be reached, or does not know this log, is named and passed over: whoever can
    /// cut the network must not be able to stop care. The log is then compared with the last checkpoint that
    /// was cosigned, in its file beside the folder, only.
    ///
    /// - Throws: ``GuardError/logRolledBack(size:witnessed:)`` where one has seen a longer log, and a
    ///   ``Complaint`` where one has seen another.
    func run(_ core: GuardCore) throws {
        guard Files.exists(folder.witnessesFile) else { return }
        let witnesses = try WitnessAddress.list(folder.witnessesFile)
        // Before anything is written: an entry must not take the place of a lost one.
        let asItIs = try core.witnessRequestAsItIs(from: 0)
        for witness in witnesses {
            guard case .knows(let size) = witness.post(asItIs) else { continue }
            _ = try core.witnessRequestAsItIs(from: size)
        }
        var cosigning = try Cosigning(core: core)
        for witness in witnesses { try cosigning.ask(witness, from: 0) }
        try cosigning.requireOneLog()
        if cosigning.count > 0 {
            try Files.replace(folder.cosignedFile, mode: 0o644, cosigning.note.bytes)
        }
        for failure in cosigning.failures {
            terminal.note("warning: started without the witness \(failure.name): \(failure.why)")
        }
    }
}
