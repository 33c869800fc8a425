internal import ArgumentParser

struct ConsentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consent",
        abstract: "What a patient allows and forbids: FHIR R4 Consent.",
        subcommands: [
            ConsentAdd.self, ConsentList.self, ConsentShow.self, ConsentRevoke.self,
            ConsentPreviewCommand.self, ConsentReceiptCommand.self,
        ]
    )
}
