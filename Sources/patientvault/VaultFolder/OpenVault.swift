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
    /// What only a Guard in this process has; `nil` where it runs elsewhere and keeps its checkpoints itself.
    private let own: OwnGuard?

    /// Opens the ring and reads the passphrase; for the commands that wrap keys anew.
    private struct OwnGuard {
        let root: SecretKey
        let input: PassphraseInput
    }

    /// Opens the ring; for the commands that wrap keys anew.
    ///
    /// - Throws: ``GuardIsElsewhere`` where the Guard runs elsewhere.
    func root() throws -> SecretKey { try ownGuard().root }

    /// The passphrase once more.
    ///
    /// - Throws: As ``root()``.
    func passphrase() throws -> SecretBytes { try ownGuard().input.read() }

    /// The Guard of this process, for what no wire carries.
    ///
    /// - Throws: A ``Failure`` of kind unavailable where it runs elsewhere.
    func localGuard() throws -> GuardCore { try service.localGuard() }

    /// Whether the Guard runs in another process, which keeps its checkpoints itself.
    var isGuardElsewhere: Bool { own == nil }

    private func ownGuard() throws -> OwnGuard {
        guard let own else { throw GuardIsElsewhere() }
        return own
    }

    var core: any GuardService { service.guard }

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
        folder.finishPolicies()
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
            limits: try policies.limits(),
            clock: SystemClock(),
            random: SystemRandom()
        )
        if Files.exists(folder.cosignedFile) {
            try core.requireExtends(try Files.readText(folder.cosignedFile))
        }
        try check(acting, against: core)
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
            own: OwnGuard(root: root, input: passphrase)
        )
    }

    /// Opens the record side of a vault whose Guard runs elsewhere.
    ///
    /// - Parameters:
    ///   - folder: Where the records are; the Guard's own files need not be there.
    ///   - address: Where the Guard listens.
    ///   - acting: In whose name; never the operator's.
    ///   - labels: Whether something may be labelled; loads the tables.
    ///   - recovers: Whether what a crash left of a write is closed first.
    ///   - answerSeconds: How long an answer is waited for; `nil` for as long as a check of a long log takes.
    ///   - context: Where the call comes from.
    /// - Returns: The vault.
    /// - Throws: A ``Failure``; then nothing stays open.
    static func open(
        _ folder: VaultFolder,
        guard address: GuardAddress,
        acting: Acting,
        labels: Bool,
        recovers: Bool,
        answerSeconds: Int64?,
        context: CallContext
    ) throws -> OpenVault {
        try acting.required(for: "--guard")
        let remote = try RemoteGuard(
            try answerSeconds.map { try address.transport(answerSeconds: $0) }
                ?? address.transport()
        )
        try check(acting, against: remote)
        let records = try SQLiteRecordStore(
            path: folder.recordsFile,
            vault: remote.vault,
            mode: .open
        )
        let service = try VaultService(
            guard: remote,
            records: records,
            labeller: Labeller(try PolicyFolder(folder.policies).labels(all: labels)),
            random: SystemRandom(),
            recoveringAs: recovers ? try acting.session(of: remote, context: context) : nil
        )
        return OpenVault(
            folder: folder,
            service: service,
            acting: acting,
            context: context,
            own: nil
        )
    }

    private static func check(_ acting: Acting, against service: any GuardService) throws {
        guard case .principal(let key) = acting else { return }
        if key.vault == nil, !service.isDemo { throw GuardError.exampleKey }
        if let vault = key.vault, vault != service.vault { throw GuardError.otherVault }
    }

    /// Closes the vault and leaves the newest signed checkpoint beside the folder.
    ///
    /// CRASH: without the last step the file holds an older checkpoint of the same log, which the next
    /// start accepts.
    func close() throws {
        guard own != nil else { return try service.close() }
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
