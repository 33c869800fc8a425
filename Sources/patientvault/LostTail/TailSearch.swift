internal import Guard
internal import GuardStore
internal import MerkleLog
internal import Sealing
internal import VaultCore

/// Looks whether a vault's log is as long as others know it, and opens a new origin where it is not.
///
/// Others are: the checkpoint files beside the vault's place, those that are named, and the witnesses.
struct TailSearch {
    /// What the log is compared with lies beside this folder, whose place the vault has or will have.
    let place: VaultFolder
    /// Checkpoints that were kept elsewhere.
    var checkpoints: [String] = []
    let passphrase: PassphraseInput
    let terminal: Terminal

    /// The two persons and their reason.
    struct Decision {
        let first: KeyFile
        let second: KeyFile
        let reason: String
    }

    /// Compares a vault's log; nothing is written to it.
    ///
    /// - Parameter folder: Where the vault lies now.
    /// - Returns: What was found; the caller closes it or opens a new origin.
    /// - Throws: A ``Failure``, also where a checkpoint is another log's.
    func look(at folder: VaultFolder) throws -> TailCheck {
        let storage = try SQLiteGuardStorage(path: folder.guardFile, creating: false)
        let (vault, root) = try RootKeyFile(folder: folder).open(passphrase, storage: storage)
        let check = try TailCheck(
            try GuardCore.unseal(
                storage: storage,
                root: root,
                vault: vault,
                witnessed: nil,
                policies: try PolicyFolder(folder.policies).rules(),
                clock: SystemClock(),
                random: SystemRandom()
            )
        )
        let beside = [place.checkpointFile, place.cosignedFile].filter { Files.exists($0) }
        for file in checkpoints + beside { try check.compare(try Files.readText(file)) }
        if Files.exists(place.witnessesFile) {
            let request = try check.witnessRequest()
            for witness in try WitnessAddress.list(place.witnessesFile) {
                ask(witness, request, check)
            }
        }
        return check
    }

    private func ask(_ witness: WitnessAddress, _ request: [UInt8], _ check: TailCheck) {
        switch witness.post(request) {
        case .knows(let size): check.compare(size: size, witness: witness.key.name)
        case .unreachable:
            terminal.note("warning: the witness \(witness.key.name) cannot be reached")
        case .line, .refused: break
        }
    }

    /// Opens a new origin and leaves its first checkpoint beside the vault's place.
    ///
    /// - Parameters:
    ///   - check: What was found; closed afterwards.
    ///   - folder: Where the vault lies.
    ///   - decision: Who goes on without the lost entries, and why.
    /// - Returns: What to tell.
    /// - Throws: A ``Failure``; then the vault is as it was.
    func goOn(
        _ check: TailCheck,
        in folder: VaultFolder,
        _ decision: Decision
    ) throws -> NewOriginAnswer {
        let file = try PassphraseFile(parsing: try Files.readText(folder.keyFile))
        let body = check.request(reason: decision.reason)
        let opened = try check.open(
            reason: decision.reason,
            by: .signed(try decision.first.statement(body, vault: file.vault)),
            and: .signed(try decision.second.statement(body, vault: file.vault)),
            context: VaultOptions.context
        )
        let note = try opened.core.checkpoint()
        let answer = NewOriginAnswer(
            lost: check.lost,
            formerOrigin: check.origin,
            publicKey: opened.core.verifierKey,
            logIndex: opened.receipt.index
        )
        try opened.core.close()
        // CRASH: before this the file holds a checkpoint of the former name, of which the log knows that its
        // last entries are lost.
        try Files.replace(place.checkpointFile, mode: 0o644, Array(note.utf8))
        return answer
    }
}

/// What the two persons are told, and pass on to the witnesses.
struct NewOriginAnswer {
    let lost: ClosedRange<UInt64>?
    let formerOrigin: String
    let publicKey: String
    let logIndex: UInt64

    var json: JSONValue {
        [
            "logIndex": .int(Int64(clamping: logIndex)), "formerOrigin": .string(formerOrigin),
            "publicKey": .string(publicKey),
            "lost": lost.map {
                [
                    "first": .int(Int64(clamping: $0.lowerBound)),
                    "last": .int(Int64(clamping: $0.upperBound)),
                ]
            } ?? .null,
        ]
    }

    func say(on terminal: Terminal) {
        if let lost {
            terminal.say(
                "the log goes on with entry \(logIndex); entries \(lost.lowerBound) to "
                    + "\(lost.upperBound) of before are named as lost"
            )
        }
        terminal.say("  public key  \(publicKey)")
        terminal.note(
            "tell everybody who checks this log, and each witness: `audit witness serve … --log KEY`"
        )
    }
}
