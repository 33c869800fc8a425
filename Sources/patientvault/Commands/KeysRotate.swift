internal import ArgumentParser
internal import Guard
internal import Sealing
internal import Vault
internal import VaultCore

struct KeysRotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Replaces keys; an interrupted rotation goes on when it is called again.",
        discussion: """
            root: a new root key, and with --new-passphrase-file a new passphrase. shards: the keys that wrap \
            the patients' keys. wrapping: what wraps the shards' keys. audit: what wraps the keys of the log's \
            entries. state: the key of the Guard's state; make a key backup after it. index: the key of the \
            search index. log: the key that signs checkpoints. With --guard only shards and patient: the others \
            need the root key, which a running Guard does not keep. \
            patient: the key of --patient, sealing that record anew.
            """
    )

    enum Part: String, ExpressibleByArgument, CaseIterable {
        case root, shards, wrapping, audit, state, index, log, patient
    }

    @Argument(
        help: "root, shards, wrapping, audit, state, index, log, patient; default all but patient."
    )
    var parts: [Part] = []
    @Option(help: ArgumentHelp("With root: the new passphrase.", valueName: "file"))
    var newPassphraseFile: String?
    @Option(help: ArgumentHelp("With patient: whose key.", valueName: "p"))
    var patient: String?
    @Option(help: ArgumentHelp("With patient: why, for the log.", valueName: "r"))
    var reason = "asked"
    @Option(
        help: ArgumentHelp(
            "With log: where to write the note that both keys sign.",
            valueName: "file"
        )
    )
    var succession: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        guard (patient != nil) == parts.contains(.patient) else {
            throw Complaint.usage(
                "`patient` and `--patient P` belong together",
                hint: "give both or neither"
            )
        }
        var answers: [JSONValue.Member] = []
        try options.withVault { vault in
            let all: [Part] = [.shards, .wrapping, .audit, .state, .index, .log, .root]
            for part in parts.isEmpty ? all : parts {
                answers.append(.init(part.rawValue, try rotate(part, vault)))
            }
        }
        let terminal = options.terminal
        if terminal.isJSON {
            terminal.answer(.object([.init("ok", true)] + answers))
        } else {
            for answer in answers { terminal.say("\(answer.key): replaced") }
            if newPassphraseFile != nil {
                terminal.note("the new passphrase opens the vault from now on")
            }
        }
    }

    private func rotate(_ part: Part, _ vault: OpenVault) throws -> JSONValue {
        let body: JSONValue = ["kind": "keys", "action": .string("rotate-\(part.rawValue)")]
        switch part {
        case .root: return try root(vault, body)
        case .shards: return try shards(vault)
        case .wrapping:
            let receipt = try vault.localGuard().rotateShardWrapping(
                root: try vault.root(),
                by: try vault.caller(
                    for: ["kind": "keys", "action": "rotate-shard-wrapping"]
                ),
                context: vault.context
            )
            return ["logIndex": .int(Int64(clamping: receipt.index))]
        case .audit: return try stepwise(.audit, vault)
        case .state: return try stepwise(.state, vault)
        case .index:
            let receipt = try vault.localGuard().rotateIndexKey(
                root: try vault.root(),
                by: try vault.caller(for: body),
                context: vault.context
            )
            return ["logIndex": .int(Int64(clamping: receipt.index))]
        case .log:
            let done = try vault.localGuard().rotateLogKey(
                root: try vault.root(),
                by: try vault.caller(
                    for: ["kind": "keys", "action": "rotate-log-key"]
                ),
                context: vault.context
            )
            if let succession { try Files.deliver(Array(done.succession.utf8), to: succession) }
            return [
                "publicKey": .string(vault.core.verifierKey),
                "succession": .string(done.succession), "checkpoint": .string(done.checkpoint),
            ]
        case .patient: return try patientKey(vault)
        }
    }

    private func root(_ vault: OpenVault, _ body: JSONValue) throws -> JSONValue {
        let file = RootKeyFile(folder: vault.folder)
        let secret = try newPassphraseFile.map { try PassphraseInput(option: $0).read() }
        let root = try SecretKey.random(from: SystemRandom())
        try file.prepare(
            root,
            passphrase: try secret ?? vault.passphrase(),
            vault: vault.core.vault,
            cost: vault.core.isDemo ? .interactive : .moderate
        )
        let receipt = try vault.localGuard().rotateRoot(
            to: root,
            by: try vault.caller(for: body),
            context: vault.context
        )
        try file.finish()
        return ["logIndex": .int(Int64(clamping: receipt.index))]
    }

    private func shards(_ vault: OpenVault) throws -> JSONValue {
        var shards = 0
        var keys = 0
        while true {
            let body: JSONValue = ["kind": "keys", "action": "rotate-shards"]
            let progress = try vault.core.rotateNextShard(
                by: try vault.caller(for: body),
                context: vault.context
            )
            if progress.count > 0 { shards += 1 }
            keys += progress.rewrapped
            if progress.isFinished { break }
        }
        return ["shards": .int(Int64(shards)), "patientKeys": .int(Int64(keys))]
    }

    private func stepwise(_ key: StepwiseKey, _ vault: OpenVault) throws -> JSONValue {
        let body: JSONValue = ["kind": "keys", "action": .string("rotate-\(key.rawValue)-key")]
        var items = 0
        while true {
            let progress = try vault.localGuard().rotateStepwise(
                key,
                root: try vault.root(),
                by: try vault.caller(for: body),
                context: vault.context
            )
            items += progress.renewed
            if progress.isFinished { return ["items": .int(Int64(items))] }
        }
    }

    private func patientKey(_ vault: OpenVault) throws -> JSONValue {
        let designation = try Designation.patient(patient ?? "")
        let receipt = try vault.service.rotateKey(
            of: try vault.core.pseudonym(of: designation, by: try vault.session()),
            reason: reason,
            by: try vault.session(),
            context: vault.context
        )
        return ["logIndex": receipt.map { .int(Int64(clamping: $0.index)) } ?? .null]
    }
}
