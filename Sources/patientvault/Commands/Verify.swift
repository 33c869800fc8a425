internal import ArgumentParser
internal import Vault
internal import Guard
internal import VaultCore

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks everything: log, proofs, facts, keys, indexes, every stored version.",
        discussion: """
            Exits with 4 where anything is not as it was written. One that was stopped goes on with --resume: by \
            entry where the log's hashes are compared, then by share of the patients. What was looked at before \
            is not looked at again, and the answer says so.
            """
    )

    @Flag(help: "Go on where a verification was stopped.") var resume = false
    @OptionGroup var options: VaultOptions

    func run() throws {
        if resume, options.runningGuard != nil { throw GuardIsElsewhere() }
        let finding = try Self.finding(options, resuming: resume)
        Self.show(finding, on: options.terminal)
        if !finding.isClean { throw ExitCode(ExitStatus.integrityFailure.rawValue) }
    }

    /// What a verification tells.
    struct Finding {
        var entries: UInt64 = 0
        var versions = 0
        var problems: [(kind: String, detail: String)] = []
        var notes: [String] = []

        var isClean: Bool { problems.isEmpty }

        var json: JSONValue {
            [
                "ok": .bool(isClean), "entries": .int(Int64(clamping: entries)),
                "versions": .int(Int64(versions)),
                "problems": .array(
                    problems.map { ["kind": .string($0.kind), "detail": .string($0.detail)] }
                ),
                "notes": .strings(notes),
            ]
        }
    }

    static func finding(_ options: VaultOptions, resuming: Bool = false) throws -> Finding {
        var finding = Finding()
        // The Guard's own files are looked at where it runs.
        if options.runningGuard == nil {
            guard options.folder.exists else {
                return try options.withVault { _ in finding }
            }
            // A root key that is being replaced: opening finishes what a crash left.
            if Files.exists(options.folder.nextKeyFile) { try options.withVault { _ in } }
            for name in try options.folder.alteredFiles() {
                finding.problems.append(("file", "`\(name)` is not as it was made"))
            }
        }
        do {
            try options.withVault { vault in
                let report = try vault.service.verify(
                    by: try vault.session(),
                    resumption: try resumption(vault, options, resuming: resuming)
                )
                // CRASH: a finished verification's progress is left; the next one goes on from its end.
                Files.remove(vault.folder.progressFile)
                finding.entries = report.entries
                finding.versions = report.versions
                finding.problems += report.problems.map { ($0.kind, $0.detail) }
                finding.notes = report.notes
                if try vault.loggedPolicies() != vault.core.policyDigest {
                    finding.problems.append(
                        ("policy", "the policies in the folder are not those that the log names")
                    )
                }
            }
        } catch let failure as any Failure where failure.isDamage || !finding.isClean {
            // What cannot even be opened is a finding too.
            finding.problems.append((failure.code, failure.message))
        }
        return finding
    }

    /// Keeps progress in the vault's folder; a Guard elsewhere keeps none.
    private static func resumption(
        _ vault: OpenVault,
        _ options: VaultOptions,
        resuming: Bool
    ) throws -> VerifyResumption? {
        guard !vault.isGuardElsewhere else { return nil }
        let file = vault.folder.progressFile
        let terminal = options.terminal
        if resuming, !Files.exists(file) {
            terminal.note("from the beginning: no verification of this vault was stopped")
        }
        return VerifyResumption(
            earlier: resuming && Files.exists(file) ? try Files.read(file) : nil,
            say: { terminal.note($0) },
            keep: { try Files.replace(file, $0) }
        )
    }

    static func show(_ finding: Finding, on terminal: Terminal) {
        if terminal.isJSON { return terminal.answer(finding.json) }
        let paint = terminal.paint
        let size =
            Words.count(Int(clamping: finding.entries), "log entry", "log entries") + ", "
            + Words.count(finding.versions, "stored version")
        terminal.say(
            finding.isClean
                ? "\(paint.green("ok")): \(size), all as written"
                : "\(paint.red("damaged")): "
                    + Words.count(finding.problems.count, "problem") + " in \(size)"
        )
        for problem in finding.problems {
            terminal.say("  \(paint.red(problem.kind)): \(problem.detail)")
        }
        for note in finding.notes { terminal.say("  \(paint.dim("note: \(note)"))") }
        if !finding.isClean {
            terminal.note("hint: keep this folder as evidence and restore from a backup")
        }
    }
}

extension Failure {
    /// Whether what is wrong is the vault, not the call.
    fileprivate var isDamage: Bool {
        kind == .integrity || code == "sealing.malformedKeyFile"
            || code == "sealing.keyFileTooCostly"
            || code.hasPrefix("consent.") || code == "records.missing"
    }
}
