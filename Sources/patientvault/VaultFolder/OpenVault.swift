internal import Consent
internal import Guard
internal import GuardStore
internal import Records
internal import Sealing
internal import Vault
internal import VaultCore

/// An unsealed vault for the length of one command.
struct OpenVault {
    let folder: VaultFolder
    let service: VaultService
    let acting: Acting
    let context: CallContext
    /// Opens the ring; for the commands that wrap keys anew.
    let root: SecretKey
    private let input: PassphraseInput

    /// The passphrase once more.
    func passphrase() throws -> SecretBytes { try input.read() }

    var core: GuardCore { service.guard }

    /// Proof over one request.
    func caller(for body: JSONValue) throws -> Caller {
        try acting.caller(for: body, vault: core.vault)
    }

    /// Proof for use cases that make several calls of the Guard.
    func session() throws -> Caller { try acting.session(of: core, context: context) }

    /// Opens a vault.
    ///
    /// - Parameters:
    ///   - folder: Where it is.
    ///   - passphrase: Unwraps the root key.
    ///   - acting: In whose name.
    ///   - labels: Whether something may be labelled; loads the tables.
    ///   - context: Where the call comes from.
    /// - Returns: The unsealed vault.
    /// - Throws: A ``Failure``; then nothing stays open.
    static func open(
        _ folder: VaultFolder,
        passphrase: PassphraseInput,
        acting: Acting,
        labels: Bool,
        context: CallContext
    ) throws -> OpenVault {
        guard folder.exists else {
            throw Complaint(
                kind: .missingInput,
                code: "vault.missing",
                message: "there is no vault at `\(folder.path)`",
                hint: "name one with `--vault DIR`, or make one with `patientvault init`"
            )
        }
        let policies = PolicyFolder(folder.policies)
        let rules = try policies.rules()
        let storage = try SQLiteGuardStorage(path: folder.guardFile, creating: false)
        let (vault, root) = try RootKeyFile(folder: folder).open(passphrase, storage: storage)
        let core = try GuardCore.unseal(
            storage: storage,
            root: root,
            vault: vault,
            witnessed: try folder.witnessedCheckpoint(),
            policies: rules,
            clock: SystemClock(),
            random: SystemRandom()
        )
        if Files.exists(folder.cosignedFile) {
            try core.requireExtends(try Files.readText(folder.cosignedFile))
        }
        if case .principal(let key) = acting {
            if key.vault == nil, !core.isDemo { throw GuardError.exampleKey }
            if let vault = key.vault, vault != core.vault { throw GuardError.otherVault }
        }
        let records = try SQLiteRecordStore(
            path: folder.recordsFile,
            vault: vault,
            mode: .open
        )
        let service = try VaultService(
            guard: core,
            records: records,
            labeller: Labeller(try policies.labels(all: labels)),
            random: SystemRandom()
        )
        return OpenVault(
            folder: folder,
            service: service,
            acting: acting,
            context: context,
            root: root,
            input: passphrase
        )
    }

    /// Closes the vault and leaves the newest signed checkpoint beside the folder.
    ///
    /// CRASH: without the last step the file holds an older checkpoint of the same log, which the next
    /// start accepts.
    func close() throws {
        let note = Array(try core.checkpoint().utf8)
        try service.close()
        try keep(note)
    }

    /// Signs a checkpoint over the log as it is and leaves it beside the folder, while the vault stays open.
    func keepCheckpoint() throws { try keep(Array(try core.checkpoint().utf8)) }

    private func keep(_ note: [UInt8]) throws {
        if (try? Files.read(folder.checkpointFile)) != note {
            try Files.replace(folder.checkpointFile, mode: 0o644, note)
        }
    }

    /// Closes after a failure, whatever it was; the failure itself is what matters.
    func abandon() { try? close() }
}

/// The passphrase does not open the key file, or the key file was altered: nobody can tell which.
struct WrongPassphrase: Failure {
    var kind: FailureKind { .notAllowed }
    var code: String { "passphrase.wrong" }
    var message: String { "the passphrase does not open this vault" }
    var hint: String { "try again; `patientvault verify` tells whether the key file was altered" }
}
