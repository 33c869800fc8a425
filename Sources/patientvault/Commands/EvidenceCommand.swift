internal import ArgumentParser
internal import Consent
internal import FHIRModel
internal import Guard
internal import Vault
internal import VaultCore

struct EvidenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evidence",
        abstract: "States that a document was seen that gives somebody a legal ground.",
        discussion: """
            A privacy officer states it; that the patient agreed, the patient may state too. It counts \
            from the next decision on and ends with `--until` or `consent revoke ID`.
            """
    )

    @Argument(help: "FHIR id, or SYS|VAL.") var patient: String
    @Option(
        help: ArgumentHelp("court-order, research-waiver, patient-agreed, …", valueName: "kind")
    )
    var kind: String
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("Whom it serves: a reference or SYS|VAL.", valueName: "person")
    )
    var holder: String
    @Option(help: ArgumentHelp("Its number or title.", valueName: "text")) var document: String
    @Option(help: ArgumentHelp("First day it holds.", valueName: "d")) var from: String?
    @Option(help: ArgumentHelp("Last day it holds.", valueName: "d")) var until: String?
    @Option(
        help: ArgumentHelp(
            "For `representation`: what the representative may decide on; may be repeated.",
            valueName: "c"
        )
    )
    var category: [String] = []
    @OptionGroup var options: VaultOptions

    func run() throws {
        let designation = try Designation.patient(patient)
        guard let kind = Evidence(rawValue: kind) else {
            throw Complaint.badInput(
                "there is no such kind of evidence",
                hint: "one of " + Evidence.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        let categories = try Designation.categories(category)
            .compactMap(DataCategory.init(rawValue:))
        guard categories.isEmpty || kind == .representation else {
            throw Complaint.usage(
                "`--category` belongs to `--kind representation`",
                hint: "leave it out"
            )
        }
        _ = try Designation.date(from, option: "--from")
        _ = try Designation.date(until, option: "--until")
        try options.withVault(principalFor: "evidence") { vault in
            let stated = try vault.service.state(
                EvidenceStatement(
                    kind: kind,
                    holder: holder,
                    document: document,
                    period: FactPeriod(start: from, end: until),
                    categories: categories
                ),
                of: designation,
                by: try vault.session(),
                context: vault.context
            )
            let terminal = options.terminal
            if terminal.isJSON {
                terminal.answer([
                    "id": .string(stated.id.id.text), "kind": .string(kind.rawValue),
                    "receipt": stated.receipt.json,
                ])
            } else {
                terminal.say(
                    "evidence `\(stated.id.id.text)` counts from now on "
                        + "(log entry \(stated.receipt.index))"
                )
            }
        }
    }
}
