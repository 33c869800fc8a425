internal import ArgumentParser
internal import BreachResponse
internal import Guard
internal import Vault
internal import VaultCore

struct BreachContain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contain",
        abstract:
            "Closes the way in: principals, sessions, grants, and seals; `--reverse` opens it.",
        discussion: """
            The work is done at once, in any state of an open case; the step is recorded where the \
            case is declared, and a note otherwise. A seal takes away what the rules would permit, \
            lasts over restarts, and is an entry. What was opened again is a note of the case.
            """
    )

    @OptionGroup var what: ContainOptions
    @Option(
        help: ArgumentHelp(
            "A scope certificate: the keys of all affected patients are replaced.",
            valueName: "file"
        )
    )
    var rotate: String?
    @Flag(help: "Open it again instead; replaced keys stay replaced.") var reverse = false
    @Option(
        name: .customLong("patient-safety"),
        help: ArgumentHelp("How care goes on without what is closed.", valueName: "text")
    )
    var patientSafety: String?
    @Flag(
        name: .customLong("vector-closed"),
        help: "You confirm that the way in is closed by this."
    )
    var isClosed = false
    @OptionGroup var attachments: AttachOptions
    @OptionGroup var options: CaseOptions

    func run() throws {
        try options.withPeople("breach contain") { open, people in
            let before = try options.incident(in: open, by: people[0])
            guard before.state != .closed else {
                throw Complaint.badInput("the case is closed", hint: "reopen it first")
            }
            let measures = try what.measures(in: open)
            let earlier = try Self.states(of: measures, in: open)
            let done =
                reverse
                ? try open.service.reverse(measures, by: people[0], context: open.context)
                : try open.service.contain(measures, by: people[0], context: open.context)
            let rotated = try reverse ? [] : rotated(before, open, people[0])
            let word = reverse ? "opened" : "closed"
            let artefacts = try attachments.artefacts([
                .init(
                    "actions",
                    .strings(
                        done.map { "\(word) `\($0.name)`" }
                            + rotated.map { "replaced the key of `\($0)`" }
                    )
                ),
                .init("before", .string(earlier)),
                .init("after", .string(try Self.states(of: measures, in: open))),
                .init("vectorClosed", .bool(isClosed)),
                .init("patientSafety", .string(patientSafety ?? "")),
            ])
            try finish(before, artefacts, done, rotated, (open, people))
        }
    }

    /// Patients of the second set and those of the first; both lost read keys.
    private func rotated(
        _ incident: Incident,
        _ open: OpenVault,
        _ person: any IncidentPerson
    ) throws -> [PatientPseudonym] {
        guard let rotate else { return [] }
        let scope = try ScopeFile(checked: rotate, for: incident, in: open)
        return try open.service.rotateKeys(
            of: try scope.affected().map(\.patient),
            incident: incident.id,
            by: person,
            context: open.context
        )
    }

    private func finish(
        _ before: Incident,
        _ artefacts: JSONValue,
        _ done: [ContainmentMeasure],
        _ rotated: [PatientPseudonym],
        _ at: (open: OpenVault, people: [any IncidentPerson])
    ) throws {
        let disabled = done.compactMap { measure -> String? in
            if case .disable(let id) = measure { id.text } else { nil }
        }
        let sealed = try at.open.core.seals(
            by: try at.open.caller(for: GuardRequest.seals)
        ).map(\.name)
        let more: [JSONValue.Member] = [
            .init(reverse ? "reinstated" : "disabled", .strings(disabled)),
            .init(reverse ? "reversed" : "closed", .strings(done.map(\.name))),
            .init("seals", .strings(sealed)),
            .init("rotated", .strings(rotated.map(\.description))),
        ]
        var lines = done.map { "\(reverse ? "opened" : "closed") `\(Words.printable($0.name))`" }
        if rotate != nil { lines.append("keys replaced: \(rotated.count)") }
        func take(_ event: IncidentEvent, _ things: JSONValue) throws -> IncidentStep {
            try at.open.service.take(
                event,
                in: before,
                artefacts: things,
                by: at.people,
                context: at.open.context
            )
        }
        let answer = StepAnswer(terminal: options.terminal, event: reverse ? .note : .contain)
        let text = (reverse ? "opened again: " : "contained ahead of the step: ") + artefacts.text
        if reverse {
            let noted = try take(.note, ["text": .string(text)])
            return try answer.show(noted, before: before, more: more, lines: lines)
        }
        let step = try take(.contain, artefacts)
        guard case .refused(let reasons) = step, !done.isEmpty || !rotated.isEmpty else {
            return try answer.show(step, before: before, more: more, lines: lines)
        }
        // Containment does not wait for the paper: what was done is remembered with the case.
        let noted = try take(.note, ["text": .string(text)])
        if case .refused = noted { return try answer.show(step, before: before, more: more) }
        answer.showUnrecorded(reasons, before: before, more: more, lines: lines)
    }

    private static func states(
        of measures: [ContainmentMeasure],
        in open: OpenVault
    ) throws -> String {
        let known = try open.core.principals(
            by: try open.caller(for: GuardRequest.principals)
        )
        let seals = Set(try open.core.seals(by: try open.caller(for: GuardRequest.seals)))
        let texts = measures.map { measure -> String in
            switch measure {
            case .disable(let id):
                let isDisabled = known.first { $0.id == id }?.isDisabled
                return "\(measure.name) \(isDisabled == true ? "disabled" : "enabled")"
            case .seal(let seal):
                return "\(measure.name) \(seals.contains(seal) ? "sealed" : "open")"
            }
        }
        return texts.isEmpty ? "nothing named" : texts.joined(separator: ", ")
    }
}
