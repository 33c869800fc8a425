internal import Consent
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Guard
internal import GuardStore
internal import Records
internal import Sealing
internal import Vault
internal import VaultCore

/// A vault that a drill plays in: a folder of its own that goes away with it, a clock that the drill moves.
struct DrillVault {
    let folder: String
    let service: VaultService
    let clock: DrillClock

    /// Makes an empty vault.
    ///
    /// CRASH: leaves a folder `patientvault-drill-…` with made-up patients under the temporary folder; its
    /// keys were never written anywhere.
    init(in parent: String, begins: Instant, labels: LabelTables) throws {
        let random = SystemRandom()
        folder = "\(parent)/patientvault-drill-\(Hex.encode(random.bytes(8)))"
        try Files.makeFolder(folder)
        clock = DrillClock(begins)
        do {
            guard let vault = VaultID(bytes: random.bytes(16)),
                let name = PrincipalID("drill-administrator")
            else { preconditionFailure("16 bytes and a literal id") }
            let key = try Signing.newPrivateKey(random: random)
            let core = try GuardCore.create(
                storage: try SQLiteGuardStorage(path: "\(folder)/guard.sqlite", creating: true),
                root: try SecretKey.random(from: random),
                vault: vault,
                administrator: Principal(
                    id: name,
                    name: "Administrator of the drill",
                    requester: Requester(kind: .administrator, principal: name),
                    publicKey: try Signing.publicKey(of: key)
                ),
                policies: try PolicyFolder.shipped().rules(),
                isDemo: true,
                clock: clock,
                random: random
            )
            service = try VaultService(
                guard: core,
                records: try SQLiteRecordStore(
                    path: "\(folder)/records.sqlite",
                    vault: vault,
                    mode: .create
                ),
                labeller: Labeller(labels),
                random: random
            )
        } catch {
            Files.removeFolder(folder)
            throw error
        }
    }

    /// Closes the vault and removes its folder.
    func discard() {
        try? service.close()
        Files.removeFolder(folder)
    }

    /// The folder for what lives as long as a command.
    static var temporaryFolder: String { Environment["TMPDIR"] ?? "/tmp" }
}
