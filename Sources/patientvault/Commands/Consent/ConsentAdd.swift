internal import ArgumentParser
internal import Vault
internal import Guard
internal import VaultCore

struct ConsentAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Takes a Consent; it counts from the next decision on."
    )

    @Argument(help: "One FHIR R4 Consent; `-` is stdin.") var file: String
    @Option(
        help: ArgumentHelp(
            "Where to write a receipt for the patient (ISO/IEC TS 27560); `-` is stdout.",
            valueName: "file"
        )
    )
    var receipt: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        guard !(options.output.isJSON && receipt == "-") else {
            throw Complaint.usage(
                "`--json` and `--receipt -` both want stdout",
                hint: "leave one of them out"
            )
        }
        let bytes = try Files.read(file)
        try options.withVault(principalFor: "consent add", labels: true) { vault in
            let added = try vault.service.addConsent(
                bytes,
                by: try vault.session(),
                context: vault.context,
                now: SystemClock().now()
            )
            if let receipt {
                let document = try ConsentReceiptCommand.receipt(of: added.record.id, in: vault)
                try Files.deliver(document.bytes + [0x0A], to: receipt)
            }
            let terminal = options.terminal
            if terminal.isJSON {
                return terminal.answer([
                    "id": .string(added.record.id.text),
                    "patient": .string(added.patient.description),
                    "logIndex": added.logIndex.map { .int(Int64(clamping: $0)) } ?? .null,
                    "problems": .strings(added.problems),
                ])
            }
            terminal.say(
                "consent `\(added.record.id.text)` counts from now on"
                    + (added.logIndex.map { " (log entry \($0))" } ?? "; it was there already")
            )
            for problem in added.problems { terminal.say("  without effect: \(problem)") }
        }
    }
}

struct ConsentList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "A patient's consents and restrictions in plain words."
    )

    @Argument(help: "FHIR id, or SYS|VAL.") var patient: String
    @OptionGroup var options: VaultOptions

    func run() throws {
        let designation = try Designation.patient(patient)
        try options.withVault(principalFor: "consent list") { vault in
            let found = try vault.service.consents(
                of: designation,
                by: try vault.session(),
                context: vault.context,
                now: SystemClock().now()
            )
            let terminal = options.terminal
            if terminal.isJSON { return terminal.answer(.array(found.map(Self.json))) }
            if found.isEmpty { terminal.say("no consent and no restriction") }
            for consent in found {
                let paint = terminal.paint
                let state = consent.isInForce ? paint.green("in force") : paint.dim("not in force")
                terminal.say("\(consent.record)  \(state)")
                terminal.say("  \(Words.printable(consent.summary))")
                for problem in consent.problems { terminal.say("  without effect: \(problem)") }
            }
        }
    }

    private static func json(_ consent: ConsentListing) -> JSONValue {
        [
            "id": .string(consent.record.id.text), "record": .string(consent.record.description),
            "status": .string(consent.status), "inForce": .bool(consent.isInForce),
            "summary": .string(consent.summary), "problems": .strings(consent.problems),
        ]
    }
}

struct ConsentRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Withdraws a consent or restriction from now on."
    )

    @Argument(help: "The Consent's or the restriction's id.") var id: String
    @OptionGroup var options: VaultOptions

    func run() throws {
        let consent = try ConsentName.id(id)
        let bare = consent.text
        try options.withVault(principalFor: "consent revoke") { vault in
            let receipt = try vault.service.revokeConsent(
                consent,
                by: try vault.session(),
                context: vault.context
            )
            let terminal = options.terminal
            if terminal.isJSON {
                terminal.answer(["id": .string(bare), "revoked": true, "receipt": receipt.json])
            } else {
                terminal.say("withdrawn `\(bare)` (log entry \(receipt.index))")
            }
        }
    }
}
