internal import ArgumentParser
internal import Vault
internal import VaultCore

struct BreachVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Checks a scope certificate or case file offline, with the vault's public key alone.",
        discussion:
            "Needs no vault and no secret; exits with 4 where the file does not hold."
    )

    @Argument(help: "The file; `-` is stdin.") var file: String
    @Option(help: ArgumentHelp("The vault's public key.", valueName: "pub")) var key: String
    @OptionGroup var output: OutputOptions

    func run() throws {
        let bytes = try Files.read(file)
        let verdict =
            CaseReport.isCase(bytes)
            ? try CaseReport.verify(bytes, verifierKey: key)
            : try ScopeFile.verify(bytes, verifierKey: key)
        let terminal = output.terminal
        let isGood = verdict.problems.isEmpty
        if terminal.isJSON {
            let counts = verdict.counts
            terminal.answer([
                "ok": .bool(isGood), "incident": verdict.incident.map { .string($0) } ?? .null,
                "persons": .strings(verdict.persons),
                "sets": counts.count == 3
                    ? [
                        "accessed": .int(Int64(counts[0])), "couldHave": .int(Int64(counts[1])),
                        "notAccessed": .int(Int64(counts[2])),
                    ] : .null, "problems": .strings(verdict.problems),
                "notes": .strings(verdict.notes),
            ])
        } else if isGood {
            let counts = verdict.counts
            let sets =
                counts.count == 3
                ? "\(counts[0]) accessed, \(counts[1]) could have been, \(counts[2]) not; " : ""
            terminal.say(
                "\(terminal.paint.green("ok")): case \(Words.printable(verdict.incident ?? "?")), "
                    + sets + "signed by "
                    + verdict.persons.map { Words.printable($0) }.joined(separator: " and ")
            )
        } else {
            terminal.say("\(terminal.paint.red("refused")): this file does not hold")
            for problem in verdict.problems { terminal.say("  \(problem)") }
        }
        if !terminal.isJSON { for note in verdict.notes { terminal.say("note: \(note)") } }
        if !isGood { throw ExitCode(ExitStatus.integrityFailure.rawValue) }
    }
}
