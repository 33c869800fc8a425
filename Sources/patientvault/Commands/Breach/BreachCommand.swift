internal import ArgumentParser

struct BreachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "breach",
        abstract: "When something has happened: from the first report to the last letter.",
        subcommands: [
            BreachReport.self, BreachStep<TriageStep>.self, BreachStep<DismissStep>.self,
            BreachStep<DeclareStep>.self, BreachContain.self, BreachPreserve.self,
            BreachScope.self, BreachStep<AssessStep>.self, BreachStep<DecideStep>.self,
            BreachNotify.self, BreachStep<ReportOutStep>.self, BreachStep<RemediateStep>.self,
            BreachClose.self, BreachStep<HoldStep>.self, BreachStep<ReleaseStep>.self,
            BreachStep<ReopenStep>.self, BreachStep<RosterStep>.self, BreachStep<EvidenceStep>.self,
            BreachStep<FileStep>.self, BreachStep<NoteStep>.self, BreachStep<CorrectStep>.self,
            BreachStatus.self, BreachClocksCommand.self, BreachVerify.self,
            BreachDrill.self, BreachTimeline.self, BreachDeliver.self, BreachCaseFile.self,
            BreachRun.self, BreachCard.self, BreachReady.self,
        ]
    )
}
