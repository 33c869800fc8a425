internal import ArgumentParser
internal import BreachResponse
internal import Guard
internal import Sealing
internal import Vault
internal import VaultCore

/// A person of a breach case, by a key file.
struct KeyPerson: IncidentPerson {
    let key: KeyFile
    let vault: VaultID
    let publicKey: [UInt8]

    init(_ key: KeyFile, vault: VaultID) throws {
        self.key = key
        self.vault = vault
        publicKey = try Signing.publicKey(of: key.privateKey)
    }

    var principal: PrincipalID { key.principal }

    func caller(for body: JSONValue) throws -> Caller {
        .signed(try key.statement(body, vault: vault))
    }

    func sign(_ message: [UInt8]) throws -> [UInt8] {
        try Signing.sign(message, with: key.privateKey)
    }
}

/// What every command takes that works on a breach case.
struct CaseOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The case.", valueName: "id"))
    var incident: String

    @Option(help: ArgumentHelp("The second person's key file.", valueName: "keyfile"))
    var second: String?

    @OptionGroup var vault: VaultOptions

    var terminal: Terminal { vault.terminal }

    /// Opens the vault for one or two persons who act with their own keys.
    func withPeople(
        _ action: String,
        _ body: (OpenVault, [any IncidentPerson]) throws -> Void
    ) throws {
        let second = try second.map { try KeyFile(reading: $0) }
        try vault.withPerson(action) { open, person in
            let other = try second.map { try KeyPerson($0, vault: open.core.vault) }
            try body(open, [person] + (other.map { [$0] } ?? []))
        }
    }

    /// What is said where a case is not there.
    static var unknownCase: Complaint {
        Complaint(
            kind: .missingInput,
            code: "breach.unknownCase",
            message: "there is no such breach case",
            hint: "`patientvault breach status` lists them; `breach report` opens one"
        )
    }

    /// The case as its records in the log tell it.
    func incident(in open: OpenVault, by person: any IncidentPerson) throws -> Incident {
        guard let found = try open.service.incident(incident, by: person) else {
            throw Self.unknownCase
        }
        return found
    }
}

extension VaultOptions {
    /// Opens the vault for a person who acts with their own key.
    func withPerson(_ action: String, _ body: (OpenVault, KeyPerson) throws -> Void) throws {
        try withVault(principalFor: action) { open in
            guard case .principal(let key) = open.acting else { return }
            try body(open, try KeyPerson(key, vault: open.core.vault))
        }
    }
}

/// What is attached to a step: a JSON file, single values, or both.
struct AttachOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A JSON object; `-` is stdin.", valueName: "file"))
    var attach: String?

    @Option(
        name: .customLong("with"),
        help: ArgumentHelp(
            "One more member: text, number, true, false, a JSON list or object.",
            valueName: "key=value"
        )
    )
    var members: [String] = []

    /// The object, later members in the place of earlier ones of the same name.
    func artefacts(_ defaults: [JSONValue.Member] = []) throws -> JSONValue {
        var found = defaults
        if let attach {
            guard let object = JSONValue(parsing: try Files.read(attach))?.object else {
                throw Complaint.badInput(
                    "the attached file is not a JSON object of whole numbers",
                    hint: "see docs/breach-response.md for what each step needs"
                )
            }
            found += object
        }
        for member in members {
            guard let sign = member.firstIndex(of: "="), sign > member.startIndex else {
                throw Complaint.usage("`--with` takes `key=value`", hint: "quote it")
            }
            let text = String(member[member.index(after: sign)...])
            let value: JSONValue =
                switch text {
                case "true": true
                case "false": false
                default: Int64(text).map { .int($0) } ?? Self.structured(text) ?? .string(text)
                }
            found.append(.init(String(member[..<sign]), value))
        }
        var kept: [JSONValue.Member] = []
        for member in found {
            kept.removeAll { $0.key == member.key }
            kept.append(member)
        }
        return .object(kept)
    }

    /// A list or an object, where the text is one.
    private static func structured(_ text: String) -> JSONValue? {
        guard text.hasPrefix("[") || text.hasPrefix("{") else { return nil }
        return JSONValue(parsing: Array(text.utf8))
    }
}
