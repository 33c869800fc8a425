internal import ArgumentParser
internal import BreachResponse
internal import Guard
internal import MerkleLog
internal import Vault
internal import VaultCore

struct BreachPreserve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preserve",
        abstract: "Anchors the log's head and takes the hashes of what is evidence; two persons."
    )

    @Option(help: ArgumentHelp("A file that is evidence; it stays where it is.", valueName: "f"))
    var file: [String] = []
    @Option(
        help: ArgumentHelp("A new folder for the window's entries with proofs.", valueName: "d")
    )
    var export: String?
    @Option(help: ArgumentHelp("First moment of the window, RFC 3339.", valueName: "t"))
    var from: String?
    @Option(help: ArgumentHelp("First moment after it; default now.", valueName: "t"))
    var until: String?
    @OptionGroup var attachments: AttachOptions
    @OptionGroup var options: CaseOptions

    func run() throws {
        var files = try file.map { ($0, TreeHasher.leafHash(try Files.read($0)).description) }
        try options.withPeople("breach preserve") { open, people in
            let before = try options.incident(in: open, by: people[0])
            let head = try anchor(in: open)
            if let export { files += try proofs(to: export, from: open, by: people[0]) }
            let now = try open.core.incidentTime().description
            let items =
                [("log-head", TreeHasher.leafHash(Array(head.checkpoint.utf8)).description)] + files
            let custody = items.map { item -> JSONValue in
                [
                    "item": .string(item.0), "who": .string(people[0].principal.text),
                    "when": .string(now), "where": .string(item.0 == "log-head" ? "log" : "disk"),
                    "why": "preserved at the beginning of the inquiry", "hash": .string(item.1),
                ]
            }
            let artefacts = try attachments.artefacts([
                .init("checkpoint", .string(head.checkpoint)),
                .init(
                    "manifest",
                    .array(items.map { ["id": .string($0.0), "hash": .string($0.1)] })
                ), .init("custody", .array(custody)), .init("gaps", .strings(head.gaps)),
            ])
            let step = try open.service.take(
                .preserve,
                in: before,
                artefacts: artefacts,
                by: people,
                context: open.context
            )
            try StepAnswer(terminal: options.terminal, event: .preserve).show(
                step,
                before: before,
                lines: items.map { "evidence `\($0.0)`: \($0.1)" } + ["log head: \(head.summary)"]
                    + head.gaps.map { "gap: \(Words.printable($0))" }
            )
        }
    }

    /// The newest checkpoint with what witnesses put under it.
    ///
    /// A witness that cannot be reached does not hold the evidence up: it is a gap that the case names.
    ///
    /// - Throws: ``GuardError/logRolledBack(size:witnessed:)`` where a witness knows a longer log.
    private func anchor(
        in open: OpenVault
    ) throws -> (checkpoint: String, gaps: [String], summary: String) {
        let checkpoint = try open.core.checkpoint()
        let path = options.vault.folder.witnessesFile
        guard Files.exists(path) else {
            let gap = "no witness is named: only this vault's own key stands for the log's head"
            return (checkpoint, [gap], "signed by the vault alone")
        }
        let witnesses = try WitnessAddress.list(path)
        var cosigning = try Cosigning(core: open.core)
        for witness in witnesses { try cosigning.ask(witness, from: 0) }
        let gaps = cosigning.failures.map { "witness \($0.name): \($0.why)" }
        let summary = "cosigned by \(cosigning.count) of \(witnesses.count) witnesses"
        guard cosigning.count > 0 else { return (checkpoint, gaps, summary) }
        try Files.replace(options.vault.folder.cosignedFile, mode: 0o644, cosigning.note.bytes)
        return (cosigning.note.description, gaps, summary)
    }

    /// Most entries of one export; a longer window is exported in parts.
    private static let maximumEntryCount = 10_000

    /// Writes each entry of the window with its proof, to be checked by `audit check`, and the checkpoint.
    private func proofs(
        to folder: String,
        from open: OpenVault,
        by person: any IncidentPerson
    ) throws -> [(String, String)] {
        guard let from else {
            throw Complaint.usage(
                "`--export` needs `--from`",
                hint: "give the window's first moment"
            )
        }
        var query = LogQuery()
        query.since = try Moment.read(from, option: "--from")
        query.until = try until.map { try Moment.read($0, option: "--until") }
        let entries = try open.entries(query, action: "breach-preserve")
        guard entries.count <= Self.maximumEntryCount else {
            throw Complaint.badInput(
                "the window has \(Words.number(entries.count)) entries, more than one export takes",
                hint: "export it in several parts, each with `--from` and `--until`"
            )
        }
        try Files.makeFolder(folder)
        return try entries.map { entry in
            let body: JSONValue = ["kind": "proof", "index": .int(Int64(clamping: entry.index))]
            let proof = try open.core.proof(
                ofEntry: entry.index,
                patient: nil,
                by: try person.caller(for: body)
            )
            let name = "entry-\(entry.index).proof"
            try Files.create("\(folder)/\(name)", Array(proof.utf8))
            return (name, TreeHasher.leafHash(Array(proof.utf8)).description)
        }
    }
}
