internal import ArgumentParser
internal import BreachResponse
internal import Guard
internal import MerkleLog
internal import Vault
internal import VaultCore

struct BreachContain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contain",
        abstract: "Closes the way in: ends sessions and grants of principals, and disables them.",
        discussion: """
            The work is done at once, in any state of an open case; the step is recorded where the \
            case is declared, and a note otherwise. To reverse it, register the person anew.
            """
    )

    @Option(name: .customLong("principal"), help: ArgumentHelp("Whom to stop.", valueName: "p"))
    var principals: [String] = []
    @Option(
        name: .customLong("patient-safety"),
        help: ArgumentHelp("How care goes on without them.", valueName: "text")
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
        let suspects = try principals.map { name in
            guard let id = PrincipalID(name) else {
                throw Complaint.usage("`--principal` takes an id", hint: "see `principal list`")
            }
            return id
        }
        try options.withPeople("breach contain") { open, people in
            let before = try options.incident(in: open, by: people[0])
            guard before.state != .closed else {
                throw Complaint.badInput("the case is closed", hint: "reopen it first")
            }
            let earlier = try Self.states(of: suspects, in: open)
            let done = try open.service.contain(suspects, by: people[0], context: open.context)
            let actions = done.map { "disabled `\($0)`, ended its sessions and grants" }
            let artefacts = try attachments.artefacts([
                .init("actions", .strings(actions)), .init("before", .string(earlier)),
                .init("after", .string(try Self.states(of: suspects, in: open))),
                .init("vectorClosed", .bool(isClosed)),
                .init("patientSafety", .string(patientSafety ?? "")),
            ])
            try finish(before, artefacts, done, (open, people))
        }
    }

    private func finish(
        _ before: Incident,
        _ artefacts: JSONValue,
        _ done: [PrincipalID],
        _ at: (open: OpenVault, people: [any IncidentPerson])
    ) throws {
        let more: [JSONValue.Member] = [.init("disabled", .strings(done.map(\.text)))]
        let lines = done.map { "disabled `\($0)`: its sessions and grants have ended" }
        func take(_ event: IncidentEvent, _ things: JSONValue) throws -> IncidentStep {
            try at.open.service.take(
                event,
                in: before,
                artefacts: things,
                by: at.people,
                context: at.open.context
            )
        }
        let answer = StepAnswer(terminal: options.terminal, event: .contain)
        let step = try take(.contain, artefacts)
        guard case .refused(let reasons) = step, !done.isEmpty else {
            return try answer.show(step, before: before, more: more, lines: lines)
        }
        // Containment does not wait for the paper: what was done is remembered with the case.
        let text = "contained ahead of the step: " + artefacts.text
        let noted = try take(.note, ["text": .string(text)])
        if case .refused = noted { return try answer.show(step, before: before, more: more) }
        answer.showUnrecorded(reasons, before: before, more: more, lines: lines)
    }

    private static func states(of principals: [PrincipalID], in open: OpenVault) throws -> String {
        let known = try open.core.principals().filter { principals.contains($0.id) }
        let texts = known.map { "\($0.id) \($0.isDisabled ? "disabled" : "enabled")" }
        return texts.isEmpty ? "no principal named" : texts.joined(separator: ", ")
    }
}

struct BreachPreserve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preserve",
        abstract: "Anchors the log's head and takes the hashes of what is evidence; two persons."
    )

    @Option(help: ArgumentHelp("A file that is evidence; it stays where it is.", valueName: "f"))
    var file: [String] = []
    @OptionGroup var attachments: AttachOptions
    @OptionGroup var options: CaseOptions

    func run() throws {
        let files = try file.map { ($0, TreeHasher.leafHash(try Files.read($0)).description) }
        try options.withPeople("breach preserve") { open, people in
            let before = try options.incident(in: open, by: people[0])
            let checkpoint = try open.core.checkpoint()
            let now = try open.core.incidentTime().description
            let items =
                [("log-head", TreeHasher.leafHash(Array(checkpoint.utf8)).description)] + files
            let custody = items.map { item -> JSONValue in
                [
                    "item": .string(item.0), "who": .string(people[0].principal.text),
                    "when": .string(now), "where": .string(item.0 == "log-head" ? "log" : "disk"),
                    "why": "preserved at the beginning of the inquiry", "hash": .string(item.1),
                ]
            }
            let artefacts = try attachments.artefacts([
                .init("checkpoint", .string(checkpoint)),
                .init(
                    "manifest",
                    .array(items.map { ["id": .string($0.0), "hash": .string($0.1)] })
                ), .init("custody", .array(custody)), .init("gaps", []),
            ])
            let step = try open.service.take(
                .preserve,
                in: before,
                artefacts: artefacts,
                by: people,
                context: open.context
            )
            try StepAnswer(terminal: options.terminal, event: .preserve).show(
                step,
                before: before,
                lines: items.map { "evidence `\($0.0)`: \($0.1)" }
            )
        }
    }
}
