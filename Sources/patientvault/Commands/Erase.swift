internal import ArgumentParser
internal import Consent
internal import Guard
internal import Vault
internal import VaultCore

struct Erase: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Destroys a patient's key, by two persons and with a certificate; final."
    )

    @Argument(help: "FHIR id, or SYS|VAL.") var patient: String
    @Option(help: ArgumentHelp("Why.", valueName: "r")) var reason: String
    @Option(help: ArgumentHelp("The legal basis.", valueName: "b")) var basis: String
    @Option(help: ArgumentHelp("The second person's key file.", valueName: "keyfile"))
    var second: String
    @Option(help: ArgumentHelp("Where to write the certificate.", valueName: "file"))
    var out: String?
    @Option(
        help: ArgumentHelp(
            "The key backup's private keys; default <vault>.custody.",
            valueName: "dir"
        )
    )
    var custody: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        let designation = try Designation.patient(patient)
        let other = Acting.principal(try KeyFile(reading: second))
        try options.withVault(principalFor: "erase") { vault in
            let keeper = try keeper(vault, other)
            var certificate = try vault.service.erase(
                designation,
                reason: reason,
                basis: basis,
                by: try vault.session(),
                second: try other.session(of: vault.core, context: vault.context),
                context: vault.context
            )
            if let renewed = try renewKeyBackup(vault, by: keeper) {
                certificate.set("keyBackup", renewed)
            }
            if let out { try Files.deliver(Array(certificate.prettyText.utf8), to: out) }
            let terminal = options.terminal
            if terminal.isJSON { return terminal.answer(["certificate": certificate]) }
            terminal.say("erased: the key is destroyed, and what it opened is closed for ever")
            terminal.say(certificate.prettyText)
        }
    }

    /// Who names the key backup's next generation: looked for before anything is erased, so that nothing is
    /// half done.
    private func keeper(_ vault: OpenVault, _ second: Acting) throws -> Acting {
        guard vault.isGuardElsewhere else { return .operator }
        let known = try vault.core.principals(by: try vault.session())
        for person in [try options.acting(), second] {
            guard case .principal(let key) = person else { continue }
            let kind = known.first { $0.id == key.principal }?.requester.kind
            if kind == .securityOfficer || kind == .administrator { return person }
        }
        throw Complaint(
            kind: .notAllowed,
            code: "erase.noKeeper",
            message: "neither of the two may name the next key of the key backup",
            hint: "through `--guard` one of them must be a security officer or an administrator"
        )
    }

    /// A new generation of the key backup: later ones are sealed to a new key, and the old private key goes.
    ///
    /// - Returns: What the certificate says of it; `nil` where there never was a backup.
    private func renewKeyBackup(_ vault: OpenVault, by keeper: Acting) throws -> JSONValue? {
        let caller = try keeper.caller(for: GuardRequest.status, vault: vault.core.vault)
        guard let old = try vault.core.custody(of: .keys, by: caller) else { return nil }
        let folder = CustodyFolder(path: custody ?? vault.folder.custodyFolder)
        let new = try folder.makeKey(.keys, for: vault, by: keeper)
        let destroyed = try folder.destroy(.keys, upTo: old.generation)
        return [
            "generation": .int(Int64(new.generation)), "keysDestroyedHere": .int(Int64(destroyed)),
            "due": .string(
                destroyed > 0
                    ? "make a new backup: `patientvault backup FILE --keys-only`"
                    : "the custodian destroys the private key of generation \(old.generation)"
            ),
        ]
    }
}
