internal import ArgumentParser
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Guard
internal import MerkleLog
internal import Sealing
internal import Vault
internal import VaultCore

/// The main job from an empty folder to an altered copy found out; every step is a real command.
struct DemoStory {
    let stage: DemoStage
    let folder: VaultFolder
    let personas: Personas
    let examples: String
    let more: [String]

    private var passphraseFile: String { folder.path + ".passphrase" }

    func tell() throws {
        try makeVault()
        try importRecords()
        try introducePersonas()
        try careAndPayment()
        try family()
        try strangers()
        if !more.isEmpty { try ownPatient() }
        try whoSaw()
        try proofs()
        try alteredCopies()
        try DemoBreach(stage: stage, folder: folder, personas: personas).tell()
        whatNext()
    }

    // MARK: Chapters

    private func makeVault() throws {
        stage.chapter("A new vault")
        let creation = VaultCreation(folder: folder, isDemo: true)
        try creation.requireFree(folder.adminKeyFile)
        try Files.replace(passphraseFile, Array("a demonstration, not a secret\n".utf8))
        setenv("PATIENTVAULT_HOME", folder.path, 1)
        setenv("PATIENTVAULT_PASSPHRASE_FILE", passphraseFile, 1)
        unsetenv("PATIENTVAULT_AS")
        let made = try creation.run(passphrase: try PassphraseInput(option: nil).read()) { key in
            try key.write(to: folder.adminKeyFile)
        }
        stage.say(
            "`\(folder.path)`: its first log entry says `demo`, so it takes the example keys."
        )
        stage.say("Public key of its log: \(made.publicKey)")
        stage.say("To type the commands below yourself:")
        stage.say("$ export PATIENTVAULT_HOME=\(folder.path)")
        stage.say("$ export PATIENTVAULT_PASSPHRASE_FILE=\(passphraseFile)")
    }

    private func importRecords() throws {
        stage.chapter("Six patients, in six languages")
        let names = Files.names(in: examples).filter { $0.hasSuffix(".json") }
        let here = DemoStage.short(examples)
        // Organizations and practitioners come first; the rest refers to them.
        let files = (["directory.json"] + names.filter { $0 != "directory.json" })
            .map { "\(examples)/\($0)" }
        try stage.run(["import"] + files, shown: "import \(here)/*.json")
        if let first = more.first {
            stage.say("And your own files, \(more.count) of them:")
            try stage.run(["import"] + more, shown: "import \(Files.folder(of: first))/*")
        }
        try stage.run(["status"])
    }

    private func introducePersonas() throws {
        stage.chapter("Who may ask")
        let options = try VaultOptions.parse([])
        try options.withVault { vault in try personas.register(in: vault) }
        stage.say("Each key is registered; who they are stands in `personas.json` beside the keys.")
        try stage.run(["principal", "list"])
    }

    private func careAndPayment() throws {
        stage.chapter("Margaret's doctor finds her, and sees the record for treatment")
        try stage.run(["find", "--name", "margaret whitfield"] + by("okafor"))
        try stage.run(["request", "margaret", "--purpose", "TREAT"] + by("okafor"))
        stage.chapter("Her health plan gets what one claim needs, and no more")
        try stage.run(
            ["request", "margaret", "--purpose", "HPAYMT", "--claim", "margaret-claim-1"]
                + by("harbour")
        )
    }

    private func family() throws {
        stage.chapter("Her daughter: nothing without consent")
        try stage.run(
            ["request", "margaret", "--purpose", "FAMRQT"] + by("daughter"),
            expecting: .refused
        )
        let denial = try lastIndex()
        stage.say("Why? The privacy officer reads the decision in full, and Margaret in Korean:")
        try stage.run(["explain", "\(denial)"] + by("officer"))
        try stage.run(["explain", "\(denial)", "--language", "ko"] + by("margaret"))
        let consent = DemoStage.short("\(examples)/consents/margaret-daughter.json")
        stage.chapter("What would her daughter see? Margaret looks before she signs")
        try stage.run(
            ["consent", "preview", consent, "--for", "daughter", "--purpose", "FAMRQT"]
                + by("margaret")
        )
        stage.chapter("Margaret allows appointments, visits and bills, and takes a receipt home")
        let receipt = folder.path + ".receipt.json"
        Files.remove(receipt)
        try stage.run(["consent", "add", consent, "--receipt", receipt] + by("margaret"))
        try stage.run(["consent", "list", "margaret"] + by("margaret"))
        try stage.run(["request", "margaret", "--purpose", "FAMRQT"] + by("daughter"))
    }

    private func strangers() throws {
        stage.chapter("A stranger and a life insurer are refused, in the same words")
        try stage.run(
            ["request", "margaret", "--purpose", "TREAT"] + by("hale"),
            expecting: .refused
        )
        try stage.run(
            ["request", "margaret", "--purpose", "HPAYMT"] + by("everlife"),
            expecting: .refused
        )
        stage.say("A patient who does not exist gets the same answer:")
        try stage.run(
            ["request", "nobody-of-that-name", "--purpose", "TREAT"] + by("hale"),
            expecting: .refused
        )
        stage.chapter("An emergency: the glass is broken, with a reason, and everybody will know")
        try stage.run(
            [
                "request", "margaret", "--purpose", "TREAT", "--break-glass", "unconscious",
                "--note", "brought in by ambulance",
            ] + by("haddad")
        )
    }

    private func whoSaw() throws {
        stage.chapter("Margaret asks who saw her record")
        try stage.run(["audit", "patient", "margaret"] + by("margaret"))
        stage.chapter("The privacy officer sees what nothing explains, and what must be reviewed")
        try stage.run(["audit", "unexplained"] + by("officer"))
        try stage.run(["audit", "emergencies"] + by("officer"))
        try stricterPolicy()
    }

    /// A policy without the rules for health plans, tried on what the log says.
    private func stricterPolicy() throws {
        stage.chapter("What if health plans got nothing without consent? The log is decided again")
        let other = folder.path + ".policies"
        Files.removeFolder(other)
        try PolicyFolder(folder.policies).copy(to: other)
        Files.remove(other + "/plans.yaml")
        try stage.run(["policy", "replay", other])
    }

    private func proofs() throws {
        stage.chapter("Proofs that hold without this vault")
        let proof = folder.path + ".proof"
        Files.remove(proof)
        let index = try lastIndex() - 3
        try stage.run(["audit", "prove", "\(index)", "--out", proof])
        try stage.run(["audit", "check", proof, "--key", try publicKey()])
        stage.chapter("Everything as written?")
        try stage.run(["verify"])
    }

    private func alteredCopies() throws {
        stage.chapter("Somebody alters one byte of the log, in a copy of the folder")
        let log = try Tampering(copying: folder, as: folder.path + ".altered-log")
        defer { log.remove() }
        let index = try log.alterLog()
        stage.say("One bit of entry \(index) is flipped on disk.")
        try stage.run(["verify", "--vault", log.copy.path], expecting: .integrityFailure)
        stage.chapter("And one byte of a stored record, in another copy")
        let records = try Tampering(copying: folder, as: folder.path + ".altered-record")
        defer { records.remove() }
        try records.alterRecord()
        try stage.run(["verify", "--vault", records.copy.path], expecting: .integrityFailure)
    }

    private func whatNext() {
        let keys = DemoStage.short(personas.folder)
        stage.chapter("Yours to explore")
        stage.say("$ export PATIENTVAULT_HOME=\(folder.path)")
        stage.say("$ export PATIENTVAULT_PASSPHRASE_FILE=\(passphraseFile)")
        for line in [
            "audit list --as \(keys)/officer.key",
            "request poongodi --purpose PATRQT --out mine.json --as \(keys)/poongodi.key",
            "restrict margaret --block Practitioner/prac-us-reyes --as \(keys)/margaret.key",
            "consent revoke margaret-consent-daughter --as \(keys)/margaret.key",
        ] { stage.say("$ patientvault \(line)") }
    }

    // MARK: Helps

    func by(_ persona: String) -> [String] {
        ["--as", DemoStage.short("\(personas.folder)/\(persona).key")]
    }

    /// Index of the newest entry, from the checkpoint that the last command left.
    private func lastIndex() throws -> UInt64 {
        let lines = try Files.readText(folder.checkpointFile).split(separator: "\n")
        guard lines.count > 1, let size = UInt64(lines[1]), size > 3 else {
            throw Complaint.badInput("the checkpoint cannot be read", hint: "please report this")
        }
        // The checkpoint's own last entry states the heads; the step's stands before it.
        return size - 2
    }

    private func publicKey() throws -> String {
        try VaultOptions.parse([]).withVault { $0.core.verifierKey }
    }
}
