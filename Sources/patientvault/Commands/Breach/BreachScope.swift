internal import ArgumentParser
internal import BreachResponse
internal import Guard
internal import Vault
internal import VaultCore

struct BreachScope: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scope",
        abstract: "Who was, who could have been, and who was not accessed, with a certificate.",
        discussion: """
            With `--second`, the other person runs the query again, and both sign. The certificate \
            is checked anywhere with `breach verify` and the vault's public key.
            """
    )

    @OptionGroup var suspicion: SuspicionOptions
    @Option(help: ArgumentHelp("First moment of the window, RFC 3339.", valueName: "t"))
    var from: String
    @Option(help: ArgumentHelp("First moment after it, RFC 3339; or `now`.", valueName: "t"))
    var until: String
    @Option(help: ArgumentHelp("Where to write the certificate.", valueName: "file"))
    var out: String?
    @Option(help: ArgumentHelp("The certificate before this one.", valueName: "file"))
    var previous: String?
    @OptionGroup var attachments: AttachOptions
    @OptionGroup var options: CaseOptions

    func run() throws {
        let begin = try Moment.read(from, option: "--from")
        let end = until == "now" ? nil : try Moment.read(until, option: "--until")
        let suspected = try suspicion.suspicion(takenAt: begin)
        let earlier = try previous.map { try ScopeFile(try Files.read($0)).certificate }
        try options.withPeople("breach scope") { open, people in
            let before = try options.incident(in: open, by: people[0])
            let window = ScopeWindow(from: begin, to: try end ?? open.core.incidentTime())
            let finding = try open.service.scope(
                ScopeComputation(window: window, suspicion: suspected),
                by: people,
                context: open.context
            )
            let file = try open.service.certify(
                finding,
                of: before,
                previous: earlier?.resultDigest,
                by: people,
                context: open.context
            )
            if let out { try Files.deliver(file.bytes, to: out) }
            let step = try open.service.take(
                .scope,
                in: before,
                artefacts: try artefacts(finding, file, earlier),
                by: people,
                context: open.context
            )
            try show(step, before, finding, file)
        }
    }

    private func artefacts(
        _ finding: ScopeFinding,
        _ file: ScopeFile,
        _ earlier: ScopeCertificate?
    ) throws -> JSONValue {
        var members = finding.artefacts.object ?? []
        if let earlier {
            let difference = try file.certificate.difference(from: earlier)
            members.append(.init("difference", .string(difference.text)))
        }
        return try attachments.artefacts(members)
    }

    private func show(
        _ step: IncidentStep,
        _ before: Incident,
        _ finding: ScopeFinding,
        _ file: ScopeFile
    ) throws {
        let view = ScopeView(finding)
        let more: [JSONValue.Member] = [
            .init("scope", view.document),
            .init("certificate", out == nil ? file.document : .null),
            .init("out", out.map { .string($0) } ?? .null),
        ]
        let answer = StepAnswer(terminal: options.terminal, event: .scope)
        if case .refused(let reasons) = step {
            answer.showUnrecorded(reasons, before: before, more: more, lines: view.lines)
        } else {
            try answer.show(step, before: before, more: more, lines: view.lines)
        }
    }
}

/// Who or what is suspected; exactly one of these.
struct SuspicionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A principal.", valueName: "p")) var principal: String?
    @Option(help: ArgumentHelp("A session.", valueName: "s")) var session: String?
    @Option(help: ArgumentHelp("A device.", valueName: "d")) var device: String?
    @Option(help: ArgumentHelp("A record server.", valueName: "s")) var server: String?
    @Option(help: ArgumentHelp("An organization.", valueName: "o")) var organization: String?
    @Flag(name: .customLong("lost-backup"), help: "A backup taken at `--from`, keys unknown.")
    var lostBackup = false
    @Flag(name: .customLong("keys-safe"), help: "With `--lost-backup`: its keys were elsewhere.")
    var keysSafe = false

    func suspicion(takenAt time: Instant) throws -> Suspicion {
        let named: [(String, String?)] = [
            ("principal", principal), ("session", session), ("device", device), ("server", server),
            ("organization", organization),
        ]
        let given = named.filter { $0.1 != nil }
        guard given.count + (lostBackup ? 1 : 0) == 1 else {
            throw Complaint.usage(
                "say what is suspected, exactly one thing",
                hint: "`--principal`, `--session`, `--device`, `--server`, `--organization` or "
                    + "`--lost-backup`"
            )
        }
        if lostBackup { return .lostBackup(taken: time, keys: keysSafe ? .elsewhere : .unknown) }
        let document: JSONValue = [
            "kind": .string(given[0].0), "id": given[0].1.map { .string($0) } ?? .null,
        ]
        guard let suspicion = Suspicion(document) else {
            throw Complaint.usage(
                "`--\(given[0].0)` takes an id",
                hint: "see `audit list` for the ids that the log knows"
            )
        }
        return suspicion
    }
}

/// A scope for people and as JSON.
struct ScopeView {
    let finding: ScopeFinding

    init(_ finding: ScopeFinding) { self.finding = finding }

    private func name(_ patient: PatientPseudonym) -> String {
        finding.log.patients.first { $0.pseudonym == patient }?.reference ?? patient.description
    }

    /// The sets with references and counts; the certificate has the rest.
    var document: JSONValue {
        let result = finding.result
        return [
            "digest": .string(result.digest), "agreed": .bool(finding.isAgreed),
            "entries": .int(result.entryCount), "doubts": .strings(result.doubts),
            "accessed": .array(
                result.accessed.map { patient in
                    [
                        "patient": .string(name(patient.patient)),
                        "records": .array(patient.accessed.map(read)),
                    ]
                }
            ), "couldHave": .strings(result.couldHave.map { name($0.patient) }),
            "notAccessed": .array(
                result.notAccessed.map {
                    ["patient": .string(name($0.patient)), "proof": .string($0.proof.rawValue)]
                }
            ), "secured": .bool(result.encryption.isSecured),
        ]
    }

    private func read(_ access: ProvenAccess) -> JSONValue {
        let record = finding.log.records[access.item.record]?.id.description
        return [
            "record": .string(record ?? access.item.record.description),
            "version": .int(access.item.version), "time": .string(access.time.description),
            "index": .int(Int64(clamping: access.index)),
        ]
    }

    var lines: [String] {
        let result = finding.result
        var lines = ["proven accessed: \(result.accessed.count)"]
        for patient in result.accessed {
            let count = Words.count(
                Set(patient.accessed.map(\.item)).count,
                "record version",
                "record versions"
            )
            lines.append("  \(Words.printable(name(patient.patient))): \(count) carried")
        }
        lines.append("could have been accessed: \(result.couldHave.count)")
        for patient in result.couldHave {
            lines.append("  \(Words.printable(name(patient.patient)))")
        }
        lines.append("proven not accessed: \(result.notAccessed.count)")
        for (patient, proof) in result.notAccessed.prefix(20) {
            let why =
                switch proof {
                case .sameHead: "no entry at all in the window"
                case .examined: "every entry examined, none by the suspect"
                case .sealed: "sealed, keys elsewhere"
                }
            lines.append("  \(Words.printable(name(patient))): \(why)")
        }
        lines += result.doubts.map { "doubt: \($0)" }
        lines.append(
            finding.rerun == nil
                ? "one person's run; a second person has not run it again"
                : finding.isAgreed
                    ? "a second person's run gave the same digest"
                    : "a second person's run gave ANOTHER digest"
        )
        return lines
    }
}
