internal import ArgumentParser
internal import Consent
internal import Guard
internal import VaultCore

struct ClientSubject: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subject",
        abstract: "Says which principal somebody is who signs in at an outside provider.",
        discussion: """
            The subject is the provider's own id for a person (`sub`). Whom nobody has named gets no token. \
            Without `--principal` the subject is nobody any more; tokens that came of the provider end.
            """
    )

    @Argument(help: "The client id under which the provider is registered.") var id: String
    @Argument(help: "The provider's `sub`.") var subject: String
    @Option(help: ArgumentHelp("A registered principal.", valueName: "id")) var principal: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        let person = try principal.map { text in
            guard let id = PrincipalID(text) else {
                throw Complaint.usage(
                    "`--principal` is not an id",
                    hint: "`patientvault principal list` has them"
                )
            }
            return id
        }
        try options.withVault { vault in
            try vault.core.enrol(
                subject,
                as: person,
                at: id,
                by: try vault.caller(
                    for: GuardRequest.enrolment(subject, as: person, at: id)
                ),
                context: vault.context
            )
        }
        if options.terminal.isJSON {
            return options.terminal.answer([
                "client": .string(id), "principal": person.map { .string($0.text) } ?? .null,
            ])
        }
        // A subject may be an address of somebody: it is not repeated.
        options.terminal.say(
            person.map { "that subject of `\(id)` is `\($0)`" }
                ?? "that subject of `\(id)` is nobody any more"
        )
    }
}
