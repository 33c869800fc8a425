internal import ArgumentParser
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import BreachResponse
internal import Guard
internal import Vault
internal import VaultCore

/// Leads through a case step by step; each step is a command that it shows and runs.
struct CaseGuide {
    let options: VaultOptions
    let second: String?
    let facts: String?
    let isDrill: Bool
    private(set) var incident: String?
    private(set) var state = IncidentState.ready.rawValue
    /// Steps that were taken.
    private(set) var steps: [String] = []
    /// Why it ended.
    private(set) var why = ""

    init(options: VaultOptions, second: String?, facts: String?, isDrill: Bool) {
        self.options = options
        self.second = second
        self.facts = facts
        self.isDrill = isDrill
    }

    private var terminal: Terminal { options.terminal }

    mutating func run(_ id: String?) throws {
        incident = id
        if id == nil, try !report() { return }
        while true {
            guard let found = try current() else { throw CaseOptions.unknownCase }
            state = found.state.rawValue
            if found.state == .closed { return stop("the case is closed") }
            try showClocks(found)
            guard let event = Self.next(found) else { return stop("nothing leads on from here") }
            guard let rule = found.steps.first(where: { $0.event == event }) else { return }
            let signers = rule.signatures.map { roles in
                roles.count == IncidentRole.allCases.count
                    ? "anybody" : roles.map(\.rawValue).sorted().joined(separator: " or ")
            }
            terminal.say()
            terminal.say(terminal.paint.bold("next: \(event.rawValue)") + " (\(rule.why))")
            terminal.say("signed by: \(signers.joined(separator: " and "))")
            let questions = GuideQuestions.questions(for: rule, in: found)
            guard let signing = ask(signatures(signers)), let words = ask(questions) else {
                return stop("stopped by the person, or no more answers")
            }
            guard try execute(event.rawValue, words, signing: signing) else {
                return stop("`\(event.rawValue)` was not taken; answer again with `breach run`")
            }
            steps.append(event.rawValue)
        }
    }

    private mutating func stop(_ reason: String) {
        why = reason
        terminal.say()
        terminal.say("case \(incident ?? "?"): \(state); \(reason)")
    }

    private mutating func report() throws -> Bool {
        terminal.say(
            "Not sure whether it is a breach? Report it. Nothing is lost by a false alarm."
        )
        guard let words = ask(GuideQuestions.report) else {
            stop("nothing was reported")
            return false
        }
        let id = "case-\(SystemClock().now().description.prefix(10))-\(getpid())"
        incident = id
        guard try execute("report", words + (isDrill ? ["--drill"] : [])) else {
            stop("the report was not taken")
            return false
        }
        steps.append("report")
        return true
    }

    private func current() throws -> Incident? {
        guard let incident else { return nil }
        return try options.withVault(principalFor: "breach run") { open -> Incident? in
            guard case .principal(let key) = open.acting else { return nil }
            let person = try KeyPerson(key, vault: open.core.vault)
            return try open.service.incident(incident, by: person)
        }
    }

    /// The step that leads on; filing and holds are asked for by name.
    private static func next(_ incident: Incident) -> IncidentEvent? {
        let order: [IncidentEvent] = [
            .triage, .declare, .contain, .preserve, .scope, .assess, .decide, .notify, .reportOut,
            .remediate, .close,
        ]
        let possible = Set(incident.possible)
        if incident.state == .decided, !incident.decisions.contains(where: \.notifies) {
            return .remediate
        }
        // From a state that already has a scope, the next version is asked for by name.
        let isScoped = incident.scopeVersion > 0 && incident.state != .reopened
        return order.first {
            possible.contains($0) && !($0 == .scope && isScoped)
                && !($0 == .declare && (incident.lane == .fast || incident.state == .preserved))
        }
    }

    // MARK: Clocks

    private func showClocks(_ incident: Incident) throws {
        try options.withVault(principalFor: "breach run") { open in
            guard case .principal(let key) = open.acting else { return }
            let person = try KeyPerson(key, vault: open.core.vault)
            let clocks = try CaseClocks(
                incident,
                scope: nil,
                more: facts,
                open: open,
                person: person
            )
            let now = try open.core.incidentTime()
            let due = clocks.answer.deadlines.filter { $0.isRequired && $0.due != nil }
            for deadline in due.prefix(3) {
                let left =
                    ((deadline.due?.instant.microseconds ?? 0) - now.microseconds) / 3_600_000_000
                let passed = deadline.warning(at: now) ?? 0
                terminal.say(
                    terminal.paint.dim(
                        "clock: \(deadline.rule.id) \(deadline.jurisdiction)"
                            + (deadline.rule.isUnverified ? " (unverified)" : "") + " due "
                            + "\(deadline.due?.rfc3339 ?? ""), \(left) h left"
                            + (passed > 0 ? ", \(passed) % is over" : "")
                    )
                )
            }
        }
    }

    // MARK: Questions

    /// Who signs: the commander is seldom the one who reported, and a second person has a key of their own.
    private func signatures(_ signers: [String]) -> [GuideQuestion] {
        zip(signers, [("as", options.actingKeyFile), ("second", second)]).map { roles, key in
            GuideQuestion(
                ask: "Key file of the person who signs as \(roles)?",
                option: key.0,
                proposal: key.1
            )
        }
    }

    /// Asks everything; `nil` where the person stops or the pipe ends.
    private func ask(_ questions: [GuideQuestion]) -> [String]? {
        var words: [String] = []
        for question in questions {
            while true {
                let proposal = question.proposal.map { " [\($0)]" } ?? ""
                terminal.say(
                    "  \(question.ask)\(question.isOptional ? " (optional)" : "")\(proposal)"
                )
                guard let line = readLine() else { return nil }
                let answer = line.isEmpty ? question.proposal ?? "" : line
                if answer == "stop" { return nil }
                if answer.isEmpty, question.isOptional { break }
                if !answer.isEmpty, let found = question.words(for: answer) {
                    words += found
                    break
                }
                terminal.say("  that is no answer to this question: it takes \(question.wanted)")
            }
        }
        return words
    }

    // MARK: Running

    /// Runs a command; its own JSON would be a second value on stdout, so it speaks on stderr then.
    private func execute(
        _ name: String,
        _ words: [String],
        signing: [String]? = nil
    ) throws -> Bool {
        var arguments = ["breach", name, "--incident", incident ?? ""] + words
        if let path = options.vaultPath { arguments += ["--vault", path] }
        if let path = options.passphraseFile { arguments += ["--passphrase-file", path] }
        arguments += signing ?? options.actingKeyFile.map { ["--as", $0] } ?? []
        let line = arguments.map(Words.shellWord).joined(separator: " ")
        terminal.say(terminal.paint.dim("$ patientvault \(line)"))
        let kept = terminal.isJSON ? dup(STDOUT_FILENO) : -1
        if kept >= 0 { dup2(STDERR_FILENO, STDOUT_FILENO) }
        defer {
            if kept >= 0 {
                dup2(kept, STDOUT_FILENO)
                close(kept)
            }
        }
        do {
            var command = try PatientVault.parseAsRoot(arguments)
            try command.run()
            return true
        } catch is ExitCode {
            return false
        } catch let failure as any Failure {
            Terminal(json: false).report(failure)
            return false
        }
    }
}
