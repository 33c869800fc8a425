internal import ArgumentParser

/// The root command; every command it lists works.
struct PatientVault: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "patientvault",
        abstract: "A vault for patient records that proves who saw what.",
        discussion: """
            A consent decision is a set of keys, and no key moves before the log knows.
            Start with `patientvault demo`, or make a vault with `patientvault init`.
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "A vault",
                subcommands: [
                    Init.self, Status.self, Verify.self, PrincipalCommand.self, ClientCommand.self,
                    AccountCommand.self, KeysCommand.self, ImportCommand.self, Serve.self,
                    Backup.self, Restore.self,
                    GuardCommand.self, Demo.self,
                ]
            ),
            CommandGroup(
                name: "Records",
                subcommands: [
                    Find.self, Request.self, ConsentCommand.self, Restrict.self,
                    EvidenceCommand.self, Explain.self,
                    Erase.self,
                ]
            ),
            CommandGroup(
                name: "Rules and proof",
                subcommands: [
                    PolicyCommand.self, AuditCommand.self, BreachCommand.self,
                ]
            ),
        ]
    )
}
