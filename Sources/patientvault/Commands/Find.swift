internal import ArgumentParser
internal import Guard
internal import VaultCore

struct Find: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Finds patients by the blind index; every look-up is an entry.",
        discussion: "Who may not look up gets the answer for \"nobody found\"."
    )

    @Option(help: ArgumentHelp("Words of a name, in any order.", valueName: "n"))
    var name: String?
    @Option(name: .customLong("birth-date"), help: ArgumentHelp("ISO 8601 day.", valueName: "d"))
    var birthDate: String?
    @Option(help: ArgumentHelp("A business identifier.", valueName: "sys|val"))
    var identifier: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        guard name != nil || birthDate != nil || identifier != nil else {
            throw Complaint.usage(
                "`find` needs something to find by",
                hint: "give `--name`, `--birth-date` or `--identifier`"
            )
        }
        _ = try Designation.date(birthDate, option: "--birth-date")
        var query = FindQuery(name: name, birthDate: birthDate)
        if let identifier {
            guard let pair = Designation.identifier(identifier) else {
                throw Complaint.usage(
                    "`--identifier` takes `SYS|VAL`",
                    hint: "quote it, so that the shell keeps the bar"
                )
            }
            query.identifier = pair
        }
        try options.withVault(principalFor: "find") { vault in
            query.context = vault.context
            let found = try vault.core.find(query, by: try vault.caller(for: query.json))
            let terminal = options.terminal
            if terminal.isJSON {
                terminal.answer([
                    "patients": .array(
                        found.patients.map {
                            ["id": .string($0.id.text), "reference": .string($0.description)]
                        }
                    ), "receipt": found.receipt.json,
                ])
                return
            }
            if found.patients.isEmpty { terminal.say("nobody found") }
            for patient in found.patients { terminal.say(patient.id.text) }
        }
    }
}

extension Receipt {
    var json: JSONValue {
        ["index": .int(Int64(clamping: index)), "leafHash": .string(Hex.encode(leafHash))]
    }
}
