internal import ArgumentParser
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
    @OptionGroup var options: VaultOptions

    func run() throws {
        let designation = try Designation.patient(patient)
        let other = Acting.principal(try KeyFile(reading: second))
        try options.withVault(principalFor: "erase") { vault in
            let certificate = try vault.service.erase(
                designation,
                reason: reason,
                basis: basis,
                by: try vault.session(),
                second: try other.session(of: vault.core, context: vault.context),
                context: vault.context
            )
            if let out { try Files.deliver(Array(certificate.prettyText.utf8), to: out) }
            let terminal = options.terminal
            if terminal.isJSON { return terminal.answer(["certificate": certificate]) }
            terminal.say("erased: the key is destroyed, and what it opened is closed for ever")
            terminal.say(certificate.prettyText)
        }
    }
}
