internal import ArgumentParser
internal import Guard
internal import Sealing
internal import VaultCore

struct AccountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account",
        abstract: "Local accounts: persons who sign in by password and one-time code.",
        discussion: """
            For small sites without an identity provider. An account belongs to a registered patient, \
            relative or clinician and is called as the principal is. The password comes from a file or the \
            terminal, never from an argument. The secret for the authenticator app is shown once.
            """,
        subcommands: [
            AccountAdd.self, AccountReset.self, AccountDisable.self, AccountList.self,
        ]
    )
}

/// What `add` and `reset` share.
struct AccountPassword: ParsableArguments {
    @Argument(help: ArgumentHelp("A registered principal.", valueName: "id")) var id: String
    @Option(
        name: .customLong("password-file"),
        help: ArgumentHelp("The password; else it is asked on the terminal.", valueName: "file")
    )
    var passwordFile: String?
    @OptionGroup var options: VaultOptions

    func run(isNew: Bool) throws {
        guard let principal = PrincipalID(id) else { throw Self.notAnID }
        let typed = try PassphraseInput(password: passwordFile).read(confirming: true)
        var password = typed.withBytes { bytes in Array(bytes) }
        defer { Wiping.wipe(&password) }
        guard password.count >= GuardCore.shortestPassword else {
            throw Complaint.badInput(
                "the password is too short",
                hint: "at least \(GuardCore.shortestPassword) characters; a sentence is best"
            )
        }
        let action = isNew ? "register-account" : "reset-account"
        let secret = try options.withVault { vault in
            try vault.core.setAccount(
                principal,
                password: password,
                isNew: isNew,
                by: try vault.caller(
                    for: GuardRequest.account(action, principal, password: password)
                ),
                context: vault.context
            )
        }
        let link = OneTimeCode.link(secret, account: id, issuer: "PatientVault")
        if options.terminal.isJSON {
            return options.terminal.answer(["id": .string(id), "otpauth": .string(link)])
        }
        options.terminal.say("`\(id)` signs in with this password and the codes of")
        options.terminal.say("  \(link)")
        options.terminal.say("  (for an authenticator app; it is not shown again)")
    }

    static let notAnID = Complaint.usage(
        "the principal's id is not one",
        hint: "`patientvault principal list` shows them"
    )
}

struct AccountAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Gives a principal an account and shows the secret for its authenticator app."
    )

    @OptionGroup var account: AccountPassword

    func run() throws { try account.run(isNew: true) }
}

struct AccountReset: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "A new password and a new secret; what the old ones let in ends."
    )

    @OptionGroup var account: AccountPassword

    func run() throws { try account.run(isNew: false) }
}

struct AccountDisable: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Ends an account; what it let in ends with it."
    )

    @Argument(help: ArgumentHelp("Whose account.", valueName: "id")) var id: String
    @OptionGroup var options: VaultOptions

    func run() throws {
        guard let principal = PrincipalID(id) else { throw AccountPassword.notAnID }
        try options.withVault { vault in
            try vault.core.disableAccount(
                principal,
                by: try vault.caller(for: GuardRequest.account("disable-account", principal)),
                context: vault.context
            )
        }
        if options.terminal.isJSON { return options.terminal.answer(["disabled": .string(id)]) }
        options.terminal.say("account `\(id)` is disabled")
    }
}

struct AccountList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "All accounts, disabled ones included, and which wait after failed attempts."
    )

    @OptionGroup var options: VaultOptions

    func run() throws {
        let accounts = try options.withVault {
            try $0.core.accounts(by: try $0.caller(for: GuardRequest.accounts))
        }
        if options.terminal.isJSON {
            return options.terminal.answer(.array(accounts.map(\.json)))
        }
        for account in accounts {
            var line = account.principal.text
            if account.isDisabled { line += "  (disabled)" }
            if let until = account.lockedUntil { line += "  (waits until \(until))" }
            options.terminal.say(line)
        }
    }
}
