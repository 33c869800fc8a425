internal import ArgumentParser
internal import Guard
internal import Vault
internal import VaultCore

struct ConsentReceiptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt",
        abstract: "A receipt of a consent for the patient, with the fields of ISO/IEC TS 27560."
    )

    @Argument(help: "The Consent's id.") var id: String
    @Option(help: ArgumentHelp("Where to write it; `-` is stdout.", valueName: "file"))
    var out: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        let consent = try ConsentName.id(id)
        try options.withVault(principalFor: "consent receipt") { vault in
            let receipt = try Self.receipt(of: consent, in: vault)
            if let out {
                try Files.deliver(receipt.bytes + [0x0A], to: out)
                if out != "-" { options.terminal.say("written to `\(out)`") }
                return
            }
            options.output.isJSON
                ? options.terminal.answer(receipt)
                : options.terminal.emit(receipt.bytes + [0x0A])
        }
    }

    /// The receipt, with the newest checkpoint as the proof that the log had the consent.
    static func receipt(of id: FHIRID, in vault: OpenVault) throws -> JSONValue {
        let kept = try vault.service.consent(
            id,
            by: try vault.session(),
            context: vault.context
        )
        return try ConsentRecordReceipt(
            consent: kept.bytes,
            vault: vault.core.vault,
            proof: ["checkpoint": .string(try vault.core.checkpoint())],
            now: SystemClock().now()
        ).json
    }
}

struct ConsentShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "A consent as FHIR R4."
    )

    @Argument(help: "The Consent's id.") var id: String
    @OptionGroup var options: VaultOptions

    func run() throws {
        let consent = try ConsentName.id(id)
        try options.withVault(principalFor: "consent show") { vault in
            let kept = try vault.service.consent(
                consent,
                by: try vault.session(),
                context: vault.context
            )
            options.terminal.emit(kept.bytes + [0x0A])
        }
    }
}

/// How a command line names a consent.
enum ConsentName {
    /// `ID` or `Consent/ID`.
    static func id(_ text: String) throws -> FHIRID {
        guard let id = FHIRID(text.split(separator: "/").last.map(String.init) ?? text) else {
            throw Complaint.usage(
                "a consent is named by its FHIR id",
                hint: "see `patientvault consent list`"
            )
        }
        return id
    }
}
