internal import ArgumentParser
internal import Guard
internal import VaultCore

struct AuditVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks the log alone; exits with 4 where it does not hold."
    )

    @Option(help: ArgumentHelp("A checkpoint that the log must extend.", valueName: "file"))
    var checkpoint: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        let given = try checkpoint.map { try Files.read($0) }
        var finding = Verify.Finding()
        do {
            try options.withVault { vault in
                let audit = try vault.core.auditLog(
                    extending: given,
                    by: try vault.caller(for: GuardRequest.audit)
                )
                finding.entries = audit.entries
                finding.problems = audit.problems.map { ($0.kind, $0.detail) }
                finding.notes = audit.notes
            }
        } catch let failure as any Failure where failure.kind == .integrity {
            finding.problems.append((failure.code, failure.message))
        }
        let terminal = options.terminal
        if terminal.isJSON {
            terminal.answer(finding.json)
        } else {
            let size = Words.count(Int(clamping: finding.entries), "entry", "entries")
            terminal.say(
                finding.isClean
                    ? "\(terminal.paint.green("ok")): the log's \(size) hold"
                        + (given == nil ? "" : ", and extend the given checkpoint")
                    : "\(terminal.paint.red("damaged")): the log of \(size) does not hold"
            )
            for problem in finding.problems { terminal.say("  \(problem.kind): \(problem.detail)") }
            for note in finding.notes { terminal.say("  \(terminal.paint.dim("note: \(note)"))") }
        }
        if !finding.isClean { throw ExitCode(ExitStatus.integrityFailure.rawValue) }
    }
}

struct AuditCheckpoint: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "A signed checkpoint, for a witness or for paper."
    )

    @Option(help: ArgumentHelp("Where to write it; default stdout.", valueName: "file"))
    var out: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        try options.withVault { vault in
            let note = try vault.core.checkpoint()
            let terminal = options.terminal
            if let out { try Files.deliver(Array(note.utf8), to: out) }
            if terminal.isJSON {
                terminal.answer([
                    "ok": true, "checkpoint": .string(note),
                    "logSize": .int(
                        Int64(
                            clamping: try vault.core.status(
                                by: try vault.caller(for: GuardRequest.status)
                            ).logSize
                        )
                    ),
                    "publicKey": .string(vault.core.verifierKey),
                ])
            } else if out == nil {
                terminal.emit(Array(note.utf8))
            } else {
                terminal.note("written; check it with `patientvault audit check FILE --key PUB`")
            }
        }
    }
}

struct AuditProve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract:
            "A portable proof: an entry, a patient's whole list, a calm window, or checkpoints.",
        discussion: """
            INDEX: that entry. --patient alone: every entry about them, none left out. --patient with \
            --from and --until: that there is none in between. --checkpoint: that the log extends these.
            """
    )

    @Argument(help: "The entry's index.") var index: UInt64?
    @Option(help: ArgumentHelp("Where to write it; `-` is stdout.", valueName: "file"))
    var out: String
    @Option(help: ArgumentHelp("Whose part is opened, or whose list is proved.", valueName: "p"))
    var patient: String?
    @Option(help: ArgumentHelp("First moment of a window without entries.", valueName: "d"))
    var from: String?
    @Option(help: ArgumentHelp("First moment after it.", valueName: "d"))
    var until: String?
    @Option(help: ArgumentHelp("A checkpoint that was kept elsewhere.", valueName: "file"))
    var checkpoint: [String] = []
    @Option(
        help: ArgumentHelp(
            "With INDEX: a name that the log had before it lost entries.",
            valueName: "o"
        )
    )
    var origin: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        guard !(options.output.isJSON && out == "-") else {
            throw Complaint.usage(
                "`--json` and `--out -` both want stdout",
                hint: "leave one of them out"
            )
        }
        try options.withVault { vault in
            let proof = try proof(vault)
            try Files.deliver(Array(proof.utf8), to: out)
            let terminal = options.terminal
            if terminal.isJSON {
                terminal.answer([
                    "ok": true, "index": index.map { .int(Int64(clamping: $0)) } ?? .null,
                    "out": .string(out), "publicKey": .string(vault.core.verifierKey),
                ])
            } else if out != "-" {
                terminal.say("written to `\(out)`; anybody checks it with")
                terminal.say("  patientvault audit check \(out) --key '\(vault.core.verifierKey)'")
            }
        }
    }

    private func proof(_ vault: OpenVault) throws -> String {
        let designation = try patient.map(Designation.patient)
        let start = try Designation.date(from, option: "--from")?.earliest
        let end = try Designation.date(until, option: "--until")?.earliest
        switch (index, designation, start, end) {
        case (let index?, _, nil, nil) where checkpoint.isEmpty && origin != nil:
            let name = origin ?? ""
            let body: JSONValue = [
                "kind": "proof", "index": .int(Int64(clamping: index)), "origin": .string(name),
            ]
            return try vault.localGuard().proof(
                ofEntry: index,
                patient: designation,
                under: name,
                by: try vault.caller(for: body)
            )
        case (let index?, _, nil, nil) where checkpoint.isEmpty:
            let body: JSONValue = ["kind": "proof", "index": .int(Int64(clamping: index))]
            return try vault.core.proof(
                ofEntry: index,
                patient: designation,
                by: try vault.caller(for: body)
            )
        case (nil, let patient?, nil, nil) where checkpoint.isEmpty:
            let body: JSONValue = ["kind": "history-proof", "patient": LogQuery.text(of: patient)]
            return try vault.core.historyProof(of: patient, by: try vault.caller(for: body))
        case (nil, let patient?, let start?, let end?) where checkpoint.isEmpty:
            return try calm(patient, start, end, vault)
        case (nil, nil, nil, nil) where !checkpoint.isEmpty:
            return try vault.core.checkpointChain(
                try checkpoint.map { try Files.readText($0) }
            )
        default:
            throw Complaint.usage(
                "this is not one thing to prove",
                hint:
                    "give INDEX, `--patient`, `--patient` with `--from` and `--until`, or `--checkpoint`"
            )
        }
    }

    private func calm(
        _ patient: PatientDesignation,
        _ start: Instant,
        _ end: Instant,
        _ vault: OpenVault
    ) throws -> String {
        let body: JSONValue = [
            "kind": "not-accessed-proof", "patient": LogQuery.text(of: patient),
            "from": .int(start.microseconds), "until": .int(end.microseconds),
        ]
        let proof = try vault.core.notAccessedProof(
            of: patient,
            from: start,
            until: end,
            by: try vault.caller(for: body)
        )
        guard let proof else {
            throw Complaint(
                kind: .badInput,
                code: "proof.notSo",
                message: "the log does not show that there was no entry in this window",
                hint:
                    "`audit patient` shows what there is; before the first `heads` entry nothing is proved"
            )
        }
        return proof
    }
}

struct AuditCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks proofs and checkpoints offline; needs no vault and no secret."
    )

    @Argument(help: "Proofs or checkpoints; `-` is stdin.") var files: [String]
    @Option(help: ArgumentHelp("The vault's public key, or a file with it.", valueName: "pub"))
    var key: String
    @OptionGroup var output: OutputOptions

    func run() throws {
        let text = try Files.exists(key) ? Files.readText(key) : key
        let verifierKey = String(text.split(whereSeparator: \.isNewline).first ?? "")
        var isClean = true
        var answers: [JSONValue] = []
        let terminal = output.terminal
        for (number, file) in files.enumerated() {
            let found = try GuardCore.check(try Files.read(file), verifierKey: verifierKey)
            let holds = found.problems.isEmpty && found.subject != nil
            isClean = isClean && holds
            answers.append(Self.json(found, file: file, holds: holds))
            let name = files.count > 1 ? "\(number + 1). " : ""
            terminal.isJSON ? () : Self.say(found, name: name, holds: holds, on: terminal)
        }
        if terminal.isJSON {
            terminal.answer(["ok": .bool(isClean), "files": .array(answers)])
        }
        if !isClean { throw ExitCode(ExitStatus.integrityFailure.rawValue) }
    }

    private static func say(
        _ found: ProofFinding,
        name: String,
        holds: Bool,
        on terminal: Terminal
    ) {
        let paint = terminal.paint
        let what = found.subject ?? "document"
        terminal.say(
            "\(name)\(holds ? paint.green("ok") : paint.red("does not hold")): \(what)"
                + (found.treeSize.map { " under a log of \($0)" } ?? "")
        )
        for problem in found.problems { terminal.say("  \(problem)") }
        for note in found.notes { terminal.say("  \(paint.dim("note: \(note)"))") }
    }

    private static func json(_ found: ProofFinding, file: String, holds: Bool) -> JSONValue {
        [
            "file": .string(file), "ok": .bool(holds),
            "subject": found.subject.map { .string($0) } ?? .null,
            "logSize": found.treeSize.map { .int(Int64(clamping: $0)) } ?? .null,
            "entries": .array(found.entries.map { .int(Int64(clamping: $0)) }),
            "problems": .strings(found.problems), "notes": .strings(found.notes),
        ]
    }
}
