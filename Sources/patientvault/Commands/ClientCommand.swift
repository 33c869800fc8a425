internal import ArgumentParser
internal import Consent
internal import Guard
internal import Sealing
internal import VaultCore

struct ClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client",
        abstract: "Programs that may ask for access tokens.",
        subcommands: [
            ClientNew.self, ClientList.self, ClientSubject.self, ClientRoster.self,
            ClientDisable.self,
        ]
    )
}

struct ClientNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Registers a client, or gives it new keys, scopes or purposes.",
        discussion: """
            The client signs its assertions (private_key_jwt) with a key of the set; ES384 and RS384 are taken. \
            It acts in its principal's name: consents and rules see that. With `--redirect` it is an app that \
            people start in a browser (SMART App Launch) with scopes such as patient/*.rs or user/*.rs; without \
            `--keys` it is a public one, which proves its codes by PKCE alone. A patient's app acts in its principal's name under \
            the consent that the patient gives on the way; a clinician's or relative's app in theirs.

            `--keys-url` in place of `--keys`: the Guard fetches the set itself when it is needed, from exactly this \
            URL, and each change is in the log. With `--issuer` it stands for an OpenID provider: who signs in \
            there gets a token as the principal that `client subject` names.
            """
    )

    @Option(help: ArgumentHelp("The client's id.", valueName: "id")) var id: String
    @Option(help: ArgumentHelp("A registered principal.", valueName: "id")) var principal: String
    @Option(help: ArgumentHelp("Its public keys: a JWKS file.", valueName: "file"))
    var keys: String?
    @Option(
        name: .customLong("keys-url"),
        help: ArgumentHelp("Where the Guard fetches its keys: a JWKS by https.", valueName: "url")
    )
    var keysURL: String?
    @Flag(help: "The keys' host may have an address that is not public.") var `internal` = false
    @Option(help: ArgumentHelp("An OpenID provider's `iss`, exactly.", valueName: "url"))
    var issuer: String?
    @Option(help: ArgumentHelp("What its tokens' `aud` must hold.", valueName: "text"))
    var audience: String?
    @Option(help: ArgumentHelp("What its tokens' `acr` must be.", valueName: "text"))
    var assurance: String?
    @Option(
        name: .customLong("redirect"),
        help: ArgumentHelp("Where an app's browser goes back to, exactly.", valueName: "uri")
    )
    var redirects: [String] = []
    @Option(help: ArgumentHelp("An app's name, as people read it.", valueName: "name"))
    var name: String?
    @Option(help: ArgumentHelp("Most days that a consent to an app lasts.", valueName: "n"))
    var days = 90
    @Option(
        name: .customLong("scope"),
        help: ArgumentHelp(
            "At most this: system/Observation.rs, patient/*.rs, …",
            valueName: "scope"
        )
    )
    var scopes: [String]
    @Option(
        name: .customLong("purpose"),
        help: ArgumentHelp("v3 PurposeOfUse it may act for.", valueName: "code")
    )
    var purposes: [String]
    @Option(
        name: .customLong("notify"),
        help: ArgumentHelp(
            "Where its subscriptions may send to, exactly: https://HOST[:PORT].",
            valueName: "origin"
        )
    )
    var targets: [String] = []
    @OptionGroup var options: VaultOptions

    func run() throws {
        let client = try client()
        try options.withVault { vault in
            let body: JSONValue = ["kind": "register-client", "client": client.json]
            try vault.core.register(
                client,
                by: try vault.caller(for: body),
                context: vault.context
            )
        }
        if options.terminal.isJSON { return options.terminal.answer(client.json) }
        options.terminal.say("client `\(client.id)` acts as `\(client.principal)`")
    }

    private func client() throws -> Client {
        let provider = try outsideIssuer()
        let set = try keySet(of: provider == nil ? .client : .provider)
        let launch = try appLaunch()
        let known = try scopes.map { text in
            guard let scope = ClientScope(text),
                provider == nil
                    ? scope.context == .system || launch != nil && scope.onlyReads
                    : scope.context == .user && scope.onlyReads
            else {
                throw Complaint.usage(
                    "`--scope` takes scopes such as `system/Observation.rs`",
                    hint:
                        "one option for each; with `--redirect` also `patient/*.rs` and `user/*.rs`, with `--issuer` only `user/*.rs`"
                )
            }
            return scope
        }
        for purpose in purposes where !PurposeSet.knows(purpose) {
            throw Complaint.usage(
                "`--purpose` takes codes of v3 PurposeOfUse",
                hint: "TREAT, HPAYMT, HOPERAT, PATRQT, HRESCH, …"
            )
        }
        let origins = try targets.map { text in
            guard let target = TargetURL(text), target.path == "/" else {
                throw Complaint.usage(
                    "`--notify` takes an origin such as `https://app.example`",
                    hint: "https, one host and perhaps a port; no path"
                )
            }
            return target.origin
        }
        guard let principal = PrincipalID(principal),
            var client = Client(
                id: id,
                principal: principal,
                keys: set,
                scopes: known,
                purposes: purposes,
                launch: launch,
                keyLocation: try keyLocation(),
                issuer: provider
            )
        else {
            throw Complaint.usage(
                "the client's or the principal's id is not one, or `--issuer` is joined with `--redirect`",
                hint: "1 to 64 letters, digits, `-`, `.` or `_`"
            )
        }
        client.targets = origins
        return client
    }

    private func keySet(of holder: WebKey.Holder) throws -> [WebKey] {
        guard let keys else {
            guard redirects.isEmpty, keysURL == nil else { return [] }
            throw Complaint.usage(
                "a client without `--redirect` needs `--keys` or `--keys-url`",
                hint: "give its JWKS"
            )
        }
        guard keysURL == nil else {
            throw Complaint.usage(
                "`--keys` or `--keys-url`, not both",
                hint: "leave one of them out"
            )
        }
        guard let json = JSONValue(parsing: try Files.read(keys)),
            let set = WebKey.set(json, of: holder), !set.isEmpty
        else {
            throw Complaint.badInput(
                "`\(keys)` holds no usable public key",
                hint:
                    "give a JWKS with P-384 (of a provider also P-256) or RSA keys of 2048 bits and more, each with a `kid`"
            )
        }
        return set
    }

    private func keyLocation() throws -> KeyLocation? {
        guard let keysURL else { return nil }
        guard let url = TargetURL(keysURL) else {
            throw Complaint.usage(
                "`--keys-url` takes a URL such as `https://app.example/jwks.json`",
                hint: "https, or http on this machine's loopback with `--internal`"
            )
        }
        return KeyLocation(url: url, isInternal: `internal`)
    }

    private func outsideIssuer() throws -> OutsideIssuer? {
        guard let issuer else {
            guard audience == nil, assurance == nil else {
                throw Complaint.usage(
                    "`--audience` and `--assurance` belong to `--issuer`",
                    hint: "name the provider"
                )
            }
            return nil
        }
        guard let audience,
            let provider = OutsideIssuer(
                issuer: issuer,
                audience: audience,
                assurance: assurance
            )
        else {
            throw Complaint.usage(
                "`--issuer` takes an https URL and needs `--audience`",
                hint: "the provider's `iss`, and the id that the vault has there"
            )
        }
        return provider
    }

    private func appLaunch() throws -> AppLaunch? {
        guard !redirects.isEmpty else { return nil }
        guard let launch = AppLaunch(name: name ?? id, redirects: redirects, days: days) else {
            throw Complaint.usage(
                "`--redirect`, `--name` or `--days` is not one",
                hint:
                    "https, http on a loopback address, or a scheme such as com.example.app; 1 to 366 days"
            )
        }
        return launch
    }
}

struct ClientList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "All clients, disabled ones included."
    )

    @OptionGroup var options: VaultOptions

    func run() throws {
        let clients = try options.withVault {
            try $0.core.clients(by: try $0.caller(for: GuardRequest.clients))
        }
        if options.terminal.isJSON {
            return options.terminal.answer(.array(clients.map(\.json)))
        }
        for client in clients {
            options.terminal.say(
                "\(client.id)  as \(client.principal)\(client.isDisabled ? "  (disabled)" : "")"
            )
            options.terminal.say(
                "  " + client.scopes.map(\.description).joined(separator: " ") + "  for "
                    + client.purposes.joined(separator: ", ")
            )
        }
    }
}

struct ClientDisable: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Ends a client's right to ask; its tokens end with it."
    )

    @Argument(help: "The client's id.") var id: String
    @OptionGroup var options: VaultOptions

    func run() throws {
        try options.withVault { vault in
            let body: JSONValue = ["kind": "disable-client", "client": .string(id)]
            try vault.core.disableClient(
                id,
                by: try vault.caller(for: body),
                context: vault.context
            )
        }
        if options.terminal.isJSON { return options.terminal.answer(["disabled": .string(id)]) }
        options.terminal.say("client `\(id)` is disabled")
    }
}
