internal import Consent
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Guard
internal import GuardLink
internal import GuardStore
internal import Outbound
internal import Sealing
internal import Synchronization
internal import VaultCore

/// The process that runs a vault's Guard: sealed or not, and how it becomes so.
final class GuardProcess: GuardKeeper {
    /// How serving ended.
    enum Ending {
        /// Told to end.
        case ended
        /// Told to seal itself.
        case sealed
        /// The Guard could not go on: what it would have said may not be true.
        case stopped(any Failure)
    }

    private struct State {
        var core: GuardCore?
        var shares: [KeyShare] = []
    }

    private let folder: VaultFolder
    private let keyFile: PassphraseFile
    private let state = Mutex(State())
    /// One attempt to unseal at a time: each may take a third of a second and a quarter of a gigabyte.
    private let attempts = Mutex(())
    /// Made when serving begins.
    private let cosigning = Mutex<PeriodicCosigning?>(nil)
    private let cosignSeconds: Int

    /// Authorities trusted beside the machine's own, where clients' keys are fetched.
    private let authorities: String?

    init(
        folder: VaultFolder,
        cosignSeconds: Int = PeriodicCosigning.shippedSeconds,
        authorities: String? = nil
    ) throws {
        self.authorities = authorities
        self.folder = folder
        self.cosignSeconds = cosignSeconds
        keyFile = try PassphraseFile(parsing: try Files.readText(folder.keyFile))
        folder.finishPolicies()
        // Broken rules are said at the start, and not first when somebody unseals.
        _ = try PolicyFolder(folder.policies).rules()
    }

    var service: (any GuardService)? { core }

    private var core: GuardCore? { state.withLock { $0.core } }

    func look() -> KeeperState {
        state.withLock { state in
            KeeperState(
                isSealed: state.core == nil,
                vault: keyFile.vault,
                sharesGiven: state.shares.count,
                sharesNeeded: state.shares.first?.threshold ?? 0
            )
        }
    }

    func witnesses() -> [WitnessStanding] { cosigning.withLock { $0 }?.standings ?? [] }

    func unseal(passphrase: SecretBytes) throws {
        try attempts.withLock { _ in
            guard core == nil else { return }
            // The key file may have been replaced since this process began.
            try unseal { try RootKeyFile(folder: folder).open(passphrase, storage: $0).root }
        }
    }

    func offer(_ share: KeyShare) throws {
        try attempts.withLock { _ in
            guard core == nil else { return }
            guard share.vault == keyFile.vault else { throw SealingError.otherVault }
            var shares = state.withLock { $0.shares }.filter { $0.number != share.number }
            // Shares of another set begin anew: nobody is locked out by a custodian's old share.
            shares.removeAll { $0.set != share.set }
            shares.append(share)
            guard shares.count >= share.threshold else {
                let kept = shares
                return state.withLock { $0.shares = kept }
            }
            state.withLock { $0.shares = [] }
            let root = try KeyShares.combine(shares, vault: keyFile.vault)
            try unseal { _ in root }
        }
    }

    private func unseal(root: (SQLiteGuardStorage) throws -> SecretKey) throws {
        let storage = try SQLiteGuardStorage(path: folder.guardFile, creating: false)
        let core = try GuardCore.unseal(
            storage: storage,
            root: try root(storage),
            vault: keyFile.vault,
            witnessed: try folder.witnessedCheckpoint(),
            policies: try PolicyFolder(folder.policies).rules(),
            limits: try PolicyFolder(folder.policies).limits(),
            clock: SystemClock(),
            random: SystemRandom()
        )
        if Files.exists(folder.cosignedFile) {
            try core.requireExtends(try Files.readText(folder.cosignedFile))
        }
        try WitnessCheck(folder: folder, terminal: Terminal(json: false)).run(core)
        core.useKeys(from: KeySetRequest(authorities: authorities))
        state.withLock { state in
            state.core = core
            state.shares = []
        }
        try keepCheckpoint()
    }

    func seal() throws {
        let core = state.withLock { state in
            defer { state = State() }
            return state.core
        }
        guard let core else { return }
        // What a witness knows ended it: nothing more is signed.
        guard cosigning.withLock({ $0 })?.finding == nil else { return }
        let note = try? core.checkpoint()
        try core.seal()
        if let note { try keep(note) }
    }

    /// The main thread replaces the process.
    func leave() { kill(getpid(), SIGUSR1) }

    /// Waits for signals, keeps a checkpoint outside the folder at least every ten seconds, and has witnesses
    /// cosign it in the background.
    func serve(until signals: GuardSignals) -> Ending {
        let periodic = PeriodicCosigning(folder: folder, seconds: cosignSeconds) { [weak self] in
            self?.core
        }
        cosigning.withLock { $0 = periodic }
        var seconds = 0
        while true {
            switch signals.next() {
            case .end:
                periodic.stop()
                return periodic.finding.map { .stopped($0) } ?? .ended
            case .seal:
                periodic.stop()
                try? seal()
                return .sealed
            case .reload:
                let terminal = Terminal(json: false)
                if let core {
                    folder.reloadPolicies(into: core, saying: terminal)
                } else {
                    terminal.note("policies: sealed; they are read when it is unsealed")
                }
            case nil: break
            }
            if let finding = periodic.finding { return .stopped(finding) }
            if core?.hasStopped == true { return .stopped(GuardStopped()) }
            seconds += 1
            guard seconds.isMultiple(of: 5) else { continue }
            do { try keepCheckpoint() } catch let failure as any Failure {
                guard core?.hasStopped == true else {
                    Terminal(json: false).note("guard: \(failure.message)")
                    continue
                }
                return .stopped(failure)
            } catch { continue }
        }
    }

    private func keepCheckpoint() throws {
        guard let note = try core?.checkpoint() else { return }
        try keep(note)
    }

    /// CRASH: without it the file holds an older checkpoint of the same log, which the next start accepts.
    private func keep(_ note: String) throws {
        let bytes = Array(note.utf8)
        if (try? Files.read(folder.checkpointFile)) != bytes {
            try Files.replace(folder.checkpointFile, mode: 0o644, bytes)
        }
    }
}

/// The disk failed, or gave back something else than was written: nothing is tried again.
struct GuardStopped: Failure {
    var kind: FailureKind { .inputOutput }
    var code: String { "guard.stopped" }
    var message: String { "the Guard has stopped: the disk did not keep what was written" }
    var hint: String {
        "check the disk, then start it again; `patientvault verify` tells what is there"
    }
}
