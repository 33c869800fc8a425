internal import ArgumentParser
internal import BreachResponse
internal import Vault
internal import VaultCore

/// A step of a breach case that only records what persons state.
protocol StatedStep {
    static var event: IncidentEvent { get }
    static var abstract: String { get }
}

/// The command of such a step.
struct BreachStep<Step: StatedStep>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Step.event.rawValue,
            abstract: Step.abstract,
            discussion: "Attached: \(needed). Both persons sign where the table asks for two."
        )
    }

    @OptionGroup var attachments: AttachOptions
    @OptionGroup var options: CaseOptions

    func run() throws {
        let artefacts = try attachments.artefacts()
        try options.withPeople("breach \(Step.event.rawValue)") { open, people in
            let before = try options.incident(in: open, by: people[0])
            let step = try open.service.take(
                Step.event,
                in: before,
                artefacts: artefacts,
                by: people,
                context: open.context
            )
            try StepAnswer(terminal: options.terminal, event: Step.event).show(step, before: before)
        }
    }

    private static var needed: String {
        let names = IncidentTable.rules.filter { $0.event == Step.event }
            .flatMap(\.artefacts).map { "`\($0.name)` (\($0.wanted))" }
        var kept: [String] = []
        for name in names where !kept.contains(name) { kept.append(name) }
        return kept.isEmpty ? "nothing" : kept.joined(separator: ", ")
    }
}

enum TriageStep: StatedStep {
    static let event = IncidentEvent.triage
    static let abstract = "The privacy officer looks at it: severity, kinds of data, how many."
}

enum DismissStep: StatedStep {
    static let event = IncidentEvent.dismiss
    static let abstract = "A false alarm, with reasons and what was looked at."
}

enum DeclareStep: StatedStep {
    static let event = IncidentEvent.declare
    static let abstract = "An incident: roles are filled, nothing is deleted from here on."
}

enum AssessStep: StatedStep {
    static let event = IncidentEvent.assess
    static let abstract = "The four factors with their evidence, exceptions, level of risk."
}

enum DecideStep: StatedStep {
    static let event = IncidentEvent.decide
    static let abstract = "Notify or not, law by law; two persons."
}

enum ReportOutStep: StatedStep {
    static let event = IncidentEvent.reportOut
    static let abstract = "The authorities have acknowledged; no letter is open."
}

enum RemediateStep: StatedStep {
    static let event = IncidentEvent.remediate
    static let abstract = "Causes are removed, and that was tested."
}

enum HoldStep: StatedStep {
    static let event = IncidentEvent.hold
    static let abstract = "Law enforcement asks for delay."
}

enum ReleaseStep: StatedStep {
    static let event = IncidentEvent.release
    static let abstract = "The delay ends early."
}

enum ReopenStep: StatedStep {
    static let event = IncidentEvent.reopen
    static let abstract = "New facts on a closed case."
}

enum RosterStep: StatedStep {
    static let event = IncidentEvent.roster
    static let abstract = "Who has which role from now on."
}

enum EvidenceStep: StatedStep {
    static let event = IncidentEvent.evidence
    static let abstract = "One item of evidence with its custody line."
}

enum FileStep: StatedStep {
    static let event = IncidentEvent.file
    static let abstract = "A filing with an authority ahead of the letters."
}

enum NoteStep: StatedStep {
    static let event = IncidentEvent.note
    static let abstract = "Something to be remembered."
}

enum CorrectStep: StatedStep {
    static let event = IncidentEvent.correct
    static let abstract = "An earlier record was wrong; it stays, and this says what is right."
}
