internal import ArgumentParser
internal import Consent
internal import Guard
internal import VaultCore

struct PolicyReload: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Takes other rules into force in a vault: all of a folder's, or none.",
        discussion: """
            Checks the rules of DIR first; where a file is broken, those in force stay. The change is a log \
            entry. A serving process has the vault open: change its `policies` folder and send it SIGHUP.
            """
    )

    @Argument(help: "The folder of the other rules.") var folder: String
    @OptionGroup var options: VaultOptions

    func run() throws {
        let files = try PolicyFolder(folder).ruleFiles()
        // Everything that is wrong, before the vault is opened.
        let problems = PolicySet.problems(in: files)
        let terminal = options.terminal
        guard problems.isEmpty, !files.isEmpty else {
            for problem in problems {
                terminal.note("\(problem.file):\(problem.line):\(problem.column): \(problem.what)")
            }
            throw Complaint(
                kind: .badInput,
                code: "policies.broken",
                message: "these rules cannot be used; those in force stay in force",
                hint: "`patientvault policy check \(folder)` names what is wrong"
            )
        }
        let changed = try options.withVault { vault in
            let core = try vault.localGuard()
            let isUnlogged = try vault.loggedPolicies() != core.policyDigest
            let changed = try core.reload(files, evenIfSame: isUnlogged, context: vault.context)
            // CRASH: without the files the log names rules that the folder does not have: `verify` says so,
            // the old ones go on deciding, and the same command once more brings them in.
            if changed { try options.folder.replacePolicies(with: files) }
            return changed
        }
        if terminal.isJSON {
            terminal.answer(["changed": .bool(changed)])
        } else {
            terminal.say(
                changed
                    ? "\(Words.count(files.count, "file")) of rules decide from now on"
                    : "nothing has changed"
            )
        }
    }
}
