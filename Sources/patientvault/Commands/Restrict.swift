internal import ArgumentParser
internal import Consent
internal import Vault
internal import Guard
internal import VaultCore

struct Restrict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Puts a restriction on a record; the requester never learns of it.",
        discussion: """
            Exactly one of: `--self-pay ITEM` (45 CFR 164.522(a)(1)(vi)), `--block PERSON`, \
            `--block-always PERSON`, `--not-even-in-an-emergency`, `--agreed`, \
            `--minor-controlled ITEM`.
            """
    )

    @Argument(help: "FHIR id, or SYS|VAL.") var patient: String
    @Option(
        name: .customLong("self-pay"),
        help: ArgumentHelp("A claim, invoice or visit paid by the patient.", valueName: "item")
    )
    var selfPay: [String] = []
    @Option(help: ArgumentHelp("A person who may not see the record.", valueName: "person"))
    var block: String?
    @Option(
        name: .customLong("block-always"),
        help: ArgumentHelp("A person who may not, even in an emergency.", valueName: "person")
    )
    var blockAlways: String?
    @Flag(name: .customLong("not-even-in-an-emergency"), help: "Nobody may break the glass.")
    var notEvenInAnEmergency = false
    @Flag(help: "A restriction that the clinic agreed to.") var agreed = false
    @Option(
        name: .customLong("minor-controlled"),
        help: ArgumentHelp("An item that a minor controls.", valueName: "item")
    )
    var minorControlled: [String] = []
    @Option(
        name: .customLong("item"),
        help: ArgumentHelp("Only this record, for `--agreed` and the blocks.", valueName: "item")
    )
    var items: [String] = []
    @OptionGroup var options: VaultOptions

    func run() throws {
        let designation = try Designation.patient(patient)
        let restriction = try statement()
        try options.withVault(principalFor: "restrict") { vault in
            let placed = try vault.service.restrict(
                designation,
                restriction,
                by: try vault.session(),
                context: vault.context
            )
            let terminal = options.terminal
            if terminal.isJSON {
                terminal.answer([
                    "id": .string(placed.id.id.text), "kind": .string(restriction.kind.rawValue),
                    "receipt": placed.receipt.json,
                ])
            } else {
                terminal.say(
                    "restriction `\(placed.id.id.text)` counts from now on "
                        + "(log entry \(placed.receipt.index))"
                )
            }
        }
    }

    private func statement() throws -> RestrictionStatement {
        var found: [RestrictionStatement] = []
        func records(_ texts: [String]) throws -> [RecordID] {
            try texts.map { text in
                guard let record = RecordID(text) else {
                    throw Complaint.usage(
                        "an item is named as `Type/id`",
                        hint: "such as `Claim/1`"
                    )
                }
                return record
            }
        }
        if !selfPay.isEmpty {
            found.append(RestrictionStatement(kind: .selfPaidItem, items: try records(selfPay)))
        }
        if !minorControlled.isEmpty {
            found.append(
                RestrictionStatement(kind: .minorControlled, items: try records(minorControlled))
            )
        }
        let others = try records(items)
        if let block {
            found.append(RestrictionStatement(kind: .blockedPerson, person: block, items: others))
        }
        if let blockAlways {
            found.append(
                RestrictionStatement(
                    kind: .blockedPersonAlways,
                    person: blockAlways,
                    items: others
                )
            )
        }
        if notEvenInAnEmergency { found.append(RestrictionStatement(kind: .notEvenInAnEmergency)) }
        if agreed { found.append(RestrictionStatement(kind: .agreed, items: others)) }
        guard found.count == 1, let one = found.first else {
            throw Complaint.usage(
                "`restrict` takes exactly one kind of restriction",
                hint: "see `patientvault help restrict`"
            )
        }
        return one
    }
}
