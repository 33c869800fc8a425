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
        try Moment.requireOrder(begin, end)
        try suspicion.requireOne()
        let earlier = try previous.map { try ScopeFile(try Files.read($0)).certificate }
        try options.withPeople("breach scope") { open, people in
            let now = try open.core.incidentTime()
            try Moment.requirePast(begin, option: "--from", now: now)
            try Moment.requirePast(end, option: "--until", now: now)
            let before = try options.incident(in: open, by: people[0])
            let suspected = try suspicion.suspicion(takenAt: begin) {
                guard let patient = PatientDesignation($0),
                    let name = try open.core.sealedName(
                        of: patient,
                        by: try open.caller(for: GuardRequest.sealedName(of: patient))
                    ),
                    let pseudonym = Hex.decode(name).flatMap({ PatientPseudonym(bytes: $0) })
                else { throw GuardError.unknown(what: "patient") }
                return pseudonym
            }
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
