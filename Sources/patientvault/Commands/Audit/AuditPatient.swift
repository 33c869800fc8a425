internal import ArgumentParser
internal import Consent
internal import Guard
internal import PrivacyOffice
internal import VaultCore

struct AuditPatient: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "patient",
        abstract: "Who saw my record: grouped, in plain words, complete."
    )

    @Argument(help: "FHIR id, or SYS|VAL.") var patient: String
    @Option(
        help: ArgumentHelp("Where to write the proof that the list is complete.", valueName: "file")
    )
    var proof: String?
    @Option(help: ArgumentHelp("Plain words in: en, ta, ms, nb, lt, ko.", valueName: "l"))
    var language: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        let wording = try Languages.wording(language)
        let designation = try Designation.patient(patient)
        try options.withVault { vault in
            let report = try Self.report(designation, vault: vault, wording: wording)
            if let proof { try Files.deliver(Array(report.proof.utf8), to: proof) }
            if options.terminal.isJSON {
                options.terminal.answer(report.json)
            } else {
                report.say(on: options.terminal)
            }
        }
    }

    static func report(
        _ patient: PatientDesignation,
        vault: OpenVault,
        wording: Wording
    ) throws -> WhoSawReport {
        var query = LogQuery()
        query.patient = patient
        let entries = try vault.entries(query, action: "audit-patient")
        let body: JSONValue = ["kind": "history-proof", "patient": LogQuery.text(of: patient)]
        let proof = try vault.core.historyProof(of: patient, by: try vault.caller(for: body))
        let finding = try GuardCore.check(
            Array(proof.utf8),
            verifierKey: vault.core.verifierKey
        )
        let reference = entries.lazy.compactMap { $0.parts.first?.reference }.first
        let own = try vault.core.principals(
            by: try vault.caller(for: GuardRequest.principals)
        ).filter { principal in
            principal.requester.kind == .patient
                && reference.map(principal.requester.references.contains) == true
        }
        return WhoSawReport(
            who: WhoSaw(
                entries,
                names: try vault.names(),
                own: Set(own.map(\.id.text))
            ),
            proof: proof,
            finding: finding,
            wording: wording
        )
    }
}

extension LogQuery {
    /// How a patient's designation stands in a signed request.
    static func text(of patient: PatientDesignation) -> JSONValue {
        var query = LogQuery()
        query.patient = patient
        return query.json["patient"] ?? .null
    }
}

/// The answer to "who saw my record", in both forms.
struct WhoSawReport {
    let who: WhoSaw
    let proof: String
    let finding: ProofFinding
    let wording: Wording

    /// Without a heads block the newest entry could be missing; the note says so.
    private var isComplete: Bool { finding.problems.isEmpty && finding.notes.isEmpty }

    func say(on terminal: Terminal) {
        let paint = terminal.paint
        terminal.say(paint.bold(wording.heading(.whoSaw)))
        if who.people.isEmpty { terminal.say("  \(wording.heading(.nobody))") }
        for group in who.people { line(group, on: terminal) }
        section(wording.heading(.programs), who.machines, on: terminal)
        section(wording.heading(.refused), who.refused, on: terminal)
        section(wording.heading(.also), who.others, on: terminal)
        terminal.say()
        if let period = who.period {
            terminal.say(
                "\(wording.heading(.period)): \(Words.time(period.first)) to \(Words.time(period.last)) (UTC)"
            )
        }
        terminal.say(
            isComplete
                ? paint.green(wording.heading(.complete))
                    + ": all \(Words.count(finding.entries.count, "entry", "entries")) about this "
                    + "patient, each naming the one before, under a signed log of "
                    + "\(Words.number(Int(clamping: finding.treeSize ?? 0)))."
                : paint.red("Not proved complete") + ": "
                    + (finding.problems + finding.notes).joined(separator: "; ")
        )
    }

    private func section(_ title: String, _ groups: [WhoSaw.Group], on terminal: Terminal) {
        guard !groups.isEmpty else { return }
        terminal.say(terminal.paint.bold(title))
        for group in groups { line(group, on: terminal) }
    }

    private func line(_ group: WhoSaw.Group, on terminal: Terminal) {
        let days = Words.time(group.first).prefix(10)
        let last = Words.time(group.last).prefix(10)
        let when = days == last ? String(days) : "\(days) to \(last)"
        terminal.say("  \(when)  \(wording.sentence(group))")
        if group.kind == .saw, !group.categories.isEmpty {
            let what = group.categories.map(wording.category).joined(separator: ", ")
            terminal.say(terminal.paint.dim("      \(wording.heading(.what)): \(what)"))
        }
    }

    var json: JSONValue {
        [
            "language": .string(wording.language),
            "people": .array(who.people.map(json)),
            "machines": .array(who.machines.map(json)),
            "refused": .array(who.refused.map(json)),
            "others": .array(who.others.map(json)),
            "period": who.period.map {
                ["first": .string($0.first.description), "last": .string($0.last.description)]
            } ?? .null, "complete": .bool(isComplete),
            "proof": [
                "entries": .int(Int64(finding.entries.count)),
                "logSize": finding.treeSize.map { .int(Int64(clamping: $0)) } ?? .null,
                "problems": .strings(finding.problems), "notes": .strings(finding.notes),
                "document": .string(proof),
            ],
        ]
    }

    private func json(_ group: WhoSaw.Group) -> JSONValue {
        [
            "actor": .string(group.actor), "name": .string(group.name),
            "kind": .string(group.actorKind), "did": .string(group.kind.rawValue),
            "times": .int(Int64(group.times)), "first": .string(group.first.description),
            "last": .string(group.last.description), "purposes": .strings(group.purposes),
            "emergencies": .strings(group.emergencies), "categories": .strings(group.categories),
            "records": .int(Int64(group.records)),
            "entries": .array(group.entries.map { .int(Int64(clamping: $0)) }),
            "words": .string(wording.sentence(group)),
        ]
    }
}
