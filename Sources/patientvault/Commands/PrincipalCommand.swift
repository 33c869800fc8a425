internal import ArgumentParser
internal import Consent
internal import Guard
internal import Sealing
internal import VaultCore

struct PrincipalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "principal",
        abstract: "People, organizations and programs that may ask.",
        subcommands: [PrincipalNew.self, PrincipalList.self, PrincipalDisable.self]
    )
}

struct PrincipalNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Registers a principal and writes its key."
    )

    @Option(
        help: ArgumentHelp("What it is: clinician, family, insurer, patient, …", valueName: "k")
    )
    var kind: String
    @Option(help: "Id, unique in the vault.")
    var id: String
    @Option(help: "Name, as officers and patients read it.")
    var name: String
    @Option(help: ArgumentHelp("A reference, SYS|VAL or a display name.", valueName: "o"))
    var organization: String?
    @Option(help: ArgumentHelp("The FHIR resource it is: Practitioner/1.", valueName: "ref"))
    var fhir: [String] = []
    @Option(help: ArgumentHelp("A business identifier of it.", valueName: "sys|val"))
    var identifier: [String] = []
    @Option(help: ArgumentHelp("A role: nurse, billing, life, …", valueName: "r"))
    var role: [String] = []
    @Option(
        name: .customLong("out"),
        help: ArgumentHelp("Where to write its key.", valueName: "keyfile")
    )
    var keyPath: String?
    @Option(
        name: .customLong("public-key"),
        help: ArgumentHelp("Its own Ed25519 public key instead of a new one.", valueName: "base64")
    )
    var publicKey: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        let terminal = options.terminal
        let requester = try requester()
        if let keyPath, Files.exists(keyPath) {
            throw Complaint(
                kind: .cannotCreate,
                code: "output.exists",
                message: "`\(keyPath)` exists already",
                hint: "choose another name"
            )
        }
        try options.withVault { vault in
            let (key, registered) = try keys(vault: vault.core.vault)
            let principal = Principal(
                id: try Self.principalID(id),
                name: name,
                requester: requester,
                publicKey: registered
            )
            // CRASH: a key file that opens nothing; the next try needs another name for it.
            if let key, let keyPath { try key.write(to: keyPath) }
            do {
                try vault.core.register(
                    principal,
                    by: try vault.session(),
                    context: vault.context
                )
            } catch {
                if key != nil, let keyPath { Files.remove(keyPath) }
                throw error
            }
            if terminal.isJSON {
                terminal.answer([
                    "id": .string(id), "kind": .string(kind),
                    "publicKey": .string(Base64.encode(registered)),
                ])
            } else {
                terminal.say("registered `\(id)` (\(kind))")
                if let keyPath { terminal.say("  key: `\(keyPath)`, for `--as`") }
            }
        }
    }

    private func keys(vault: VaultID) throws -> (KeyFile?, [UInt8]) {
        switch (keyPath, publicKey) {
        case (.some, nil):
            let key = KeyFile(
                vault: vault,
                principal: try Self.principalID(id),
                privateKey: try Signing.newPrivateKey()
            )
            return (key, try Signing.publicKey(of: key.privateKey))
        case (nil, .some(let text)):
            guard let bytes = Base64.decode(text), bytes.count == Signing.publicKeyByteCount else {
                throw Complaint.badInput(
                    "the public key is not 32 bytes in base64",
                    hint: "give an Ed25519 public key"
                )
            }
            return (nil, bytes)
        default:
            throw Complaint.usage(
                "`principal new` needs either `--out` or `--public-key`",
                hint: "give `--out KEYFILE` to have a key made"
            )
        }
    }

    private func requester() throws -> Requester {
        guard let kind = RequesterKind(rawValue: kind) else {
            throw Complaint.badInput(
                "there is no such kind of principal",
                hint: "one of " + RequesterKind.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        let principal = try Self.principalID(id)
        for reference in fhir where RecordID(reference) == nil {
            throw Complaint.badInput(
                "`--fhir` takes a reference such as `Practitioner/1`",
                hint: "check the type and id"
            )
        }
        let identifiers = try identifier.map { text in
            guard let (system, value) = Designation.identifier(text) else {
                throw Complaint.badInput(
                    "`--identifier` takes `SYS|VAL`",
                    hint: "quote it, so that the shell keeps the bar"
                )
            }
            return BusinessIdentifier(system: system, value: value)
        }
        return Requester(
            kind: kind,
            references: fhir,
            identifiers: identifiers,
            organization: organization.map { OrganizationDesignation($0) },
            roles: role,
            principal: principal
        )
    }

    static func principalID(_ text: String) throws -> PrincipalID {
        guard let id = PrincipalID(text) else {
            throw Complaint.badInput(
                "a principal's id has 1 to 64 letters, digits and `-._@`",
                hint: "choose another id"
            )
        }
        return id
    }
}

struct PrincipalList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "All principals, disabled ones included."
    )

    @OptionGroup var options: VaultOptions

    func run() throws {
        try options.withVault { vault in
            let all = try vault.core.principals(
                by: try vault.caller(for: GuardRequest.principals)
            )
            let terminal = options.terminal
            if terminal.isJSON { return terminal.answer(.array(all.map(Self.json))) }
            var table = Table(["id", "kind", "name", "organization", "is", "state"])
            for principal in all {
                table.add([
                    principal.id.text, principal.requester.kind.rawValue,
                    Words.printable(principal.name),
                    Words.printable(principal.requester.organization?.words ?? ""),
                    principal.requester.references.joined(separator: " "),
                    principal.isDisabled ? "disabled" : "",
                ])
            }
            for line in table.lines(paint: terminal.paint) { terminal.say(line) }
        }
    }

    private static func json(_ principal: Principal) -> JSONValue {
        let requester = principal.requester
        return [
            "id": .string(principal.id.text), "kind": .string(requester.kind.rawValue),
            "name": .string(principal.name), "fhir": .strings(requester.references),
            "identifiers": .strings(requester.identifiers.map(\.key)),
            "organization": requester.organization.map { .string($0.words) } ?? .null,
            "roles": .strings(requester.roles),
            "publicKey": .string(Base64.encode(principal.publicKey)),
            "disabled": .bool(principal.isDisabled),
        ]
    }
}

struct PrincipalDisable: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Ends a principal's right to act."
    )

    @Argument(help: "The principal's id.") var id: String
    @OptionGroup var options: VaultOptions

    func run() throws {
        let id = try PrincipalNew.principalID(id)
        try options.withVault { vault in
            try vault.core.disable(id, by: try vault.session(), context: vault.context)
            let terminal = options.terminal
            if terminal.isJSON {
                terminal.answer(["id": .string(id.text), "disabled": true])
            } else {
                terminal.say("disabled `\(id)`")
            }
        }
    }
}

extension OrganizationDesignation {
    /// As it was given.
    var words: String {
        switch self {
        case .reference(let reference): reference
        case .identifier(let system, let value): "\(system)|\(value)"
        case .name(let name): name
        }
    }
}
