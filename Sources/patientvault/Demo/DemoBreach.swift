internal import ArgumentParser
internal import Guard
internal import VaultCore

/// The demo's breach: somebody opens records without a reason, and the log says exactly which.
struct DemoBreach {
    let stage: DemoStage
    let folder: VaultFolder
    let personas: Personas

    private let id = "case-1"

    /// Plays the snooping, then the case up to the drafts of the letters.
    func tell() throws {
        try earlier()
        let since = now()
        try snooping()
        let until = now()
        try reportAndContain()
        try scope(since: since, until: until)
        try letters()
    }

    // MARK: Chapters

    private func earlier() throws {
        stage.chapter("Dr. Hale, on call, breaks the glass; these keys live for five minutes")
        try stage.run(
            ["request", "poongodi", "--purpose", "TREAT", "--break-glass", "covering-colleague"]
                + ["--category", "medications"] + by("hale")
        )
    }

    private func snooping() throws {
        stage.chapter("A breach: then he opens two patients whom he does not treat")
        for patient in ["tomas", "aisyah"] {
            try stage.run(
                [
                    "request", patient, "--purpose", "TREAT", "--category", "notes",
                    "--category", "laboratory", "--break-glass", "urgent-care",
                ] + by("hale")
            )
        }
        stage.say("Meanwhile Dr. Okafor treats her own patient:")
        try stage.run(
            ["request", "margaret", "--purpose", "TREAT", "--category", "medications"]
                + by("okafor")
        )
    }

    private func reportAndContain() throws {
        stage.chapter("A colleague reports it; officers declare, contain and preserve")
        try stage.run(
            [
                "breach", "report", "--incident", id, "--suspect-principal", "hale", "--summary",
                "Dr. Hale spoke of a neighbour's treatment",
            ] + by("okafor")
        )
        try step(
            "triage",
            ["reason=credible", "severity=high", "dataKinds=[\"medical\"]", "estimate=5"],
            as: "officer"
        )
        try stage.run(
            ["breach", "declare", "--incident", id, "--attach", try declaration()]
                + ["--as", folder.adminKeyFile]
        )
        try stage.run(
            [
                "breach", "contain", "--incident", id, "--principal", "hale", "--vector-closed",
                "--patient-safety", "the ward is covered by Dr. Okafor",
            ] + by("officer-2")
        )
        stage.say("He can do nothing any more:")
        try stage.run(
            ["request", "tomas", "--purpose", "TREAT", "--break-glass", "urgent-care"]
                + by("hale"),
            expecting: .notAllowed
        )
        try stage.run(["breach", "preserve", "--incident", id] + both())
    }

    private func scope(since: Instant, until: Instant) throws {
        stage.chapter("Who was, who could have been, and who was not accessed")
        try stage.run(
            [
                "breach", "scope", "--incident", id, "--principal", "hale", "--from",
                since.description, "--until", until.description, "--out", certificate,
            ] + both()
        )
        stage.say("Anybody can check the certificate, with the vault's public key alone:")
        let key = try VaultOptions.parse([]).withVault { $0.core.verifierKey }
        try stage.run(["breach", "verify", certificate, "--key", key])
        stage.say("With one byte of it altered:")
        var altered = try Files.read(certificate)
        altered[altered.count / 2] ^= 1
        try Files.replace(certificate + ".altered", altered)
        try stage.run(
            ["breach", "verify", certificate + ".altered", "--key", key],
            expecting: .integrityFailure
        )
        Files.remove(certificate + ".altered")
    }

    private func letters() throws {
        stage.chapter("Drafts of the letters, each in the person's own language")
        try stage.run(
            [
                "breach", "notify", "--incident", id, "--certificate", certificate, "--out",
                folder.path + ".letters", "--sender", "Example Hospital", "--contact",
                "privacy@hospital.example, +1 555 0100",
            ] + by("officer")
        )
        try stage.run(["breach", "status", "--incident", id] + by("officer"))
    }

    // MARK: Helps

    private var certificate: String { folder.path + ".scope.json" }

    private func key(_ persona: String) -> String {
        DemoStage.short("\(personas.folder)/\(persona).key")
    }

    private func by(_ persona: String) -> [String] { ["--as", key(persona)] }

    private func both() -> [String] { by("officer") + ["--second", key("officer-2")] }

    private func step(_ event: String, _ members: [String], as persona: String) throws {
        let given = members.flatMap { ["--with", $0] }
        let words = ["breach", event, "--incident", id] + given + by(persona)
        let shown = words.map { $0.contains("\"") ? "'\($0)'" : $0 }.joined(separator: " ")
        try stage.run(words, shown: shown)
    }

    private func now() -> Instant { SystemClock().now() }

    /// The declaration: who plays which part; the first administrator leads.
    private func declaration() throws -> String {
        let leader = try KeyFile(reading: folder.adminKeyFile).principal.text
        let document: JSONValue = [
            "codename": "LARKSPUR", "retentionFreeze": true,
            "needToKnow": .strings(["officer", "officer-2", leader]),
            "roster": [
                "privacy-officer": "officer", "commander": .string(leader),
                "security-engineer": "officer-2", "scribe": "officer", "counsel": .string(leader),
                "communications": "officer", "system-owner": .string(leader),
                "reviewer": "officer-2",
            ],
        ]
        let path = folder.path + ".declaration.json"
        try Files.replace(path, Array(document.prettyText.utf8))
        return path
    }
}
