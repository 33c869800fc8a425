public import BreachResponse
internal import Consent
internal import Guard
public import VaultCore

/// A rehearsal in a vault that was made for it: the play, the case from report to close, and the finding.
///
/// The vault is a real one, its clock the drill's own; the truth stays with the caller, who compares it
/// when all is over. Nothing can be sent: every record says that this is a drill.
public struct Drill {
    private let service: VaultService
    private let clock: DrillClock
    private let clocks: BreachClocks
    private let templates: LetterTemplates

    /// What a drill leaves behind beside its vault.
    public struct Outcome: Sendable {
        /// What is compared with the truth.
        public let finding: DrillFinding
        /// The case, closed.
        public let incident: Incident
        /// The scope certificate.
        public let certificate: ScopeFile?
        /// Letters that were written and not sent.
        public let letters: LetterQueue?
        /// The vault's public key.
        public let publicKey: String
    }

    /// Prepares a drill.
    ///
    /// - Parameters:
    ///   - service: A new, empty vault.
    ///   - clock: The vault's clock.
    ///   - rules: The law.
    ///   - templates: The letters' words.
    public init(
        in service: VaultService,
        clock: DrillClock,
        rules: ClockRuleSet,
        templates: LetterTemplates
    ) {
        self.service = service
        self.clock = clock
        clocks = BreachClocks(rules: rules)
        self.templates = templates
    }

    /// Plays the scenario and answers it.
    ///
    /// - Parameter stage: The scenario without its truth.
    /// - Returns: What was found.
    /// - Throws: A ``Failure`` where the drill cannot go on.
    public func run(_ stage: DrillStage) throws -> Outcome {
        var play = DrillPlay(service, clock, stage)
        try play.run()
        var response = DrillResponse(play, clocks: clocks, templates: templates)
        try response.run()
        var faults = play.faults + response.faults
        if response.incident.state != .closed {
            faults.append("the case ended as `\(response.incident.state.rawValue)`")
        }
        faults += try service.verify(by: .operator).problems.map { "verify: \($0.detail)" }
        let (sets, records) = Self.found(response.scope)
        return Outcome(
            finding: DrillFinding(
                sets: sets,
                records: records,
                deadlines: response.deadlines,
                steps: response.steps,
                faults: faults
            ),
            incident: response.incident,
            certificate: response.certificate,
            letters: response.letters,
            publicKey: response.publicKey
        )
    }

    private static func found(
        _ scope: ScopeFinding?
    ) -> (sets: [DrillSet: Set<String>], records: [String: Set<String>]) {
        guard let scope else { return ([:], [:]) }
        let names = Dictionary(
            scope.log.patients.map { ($0.pseudonym, $0.reference ?? $0.pseudonym.description) },
            uniquingKeysWith: { first, _ in first }
        )
        func references(_ patients: [PatientPseudonym]) -> Set<String> {
            Set(patients.map { names[$0] ?? $0.description })
        }
        var records: [String: Set<String>] = [:]
        for patient in scope.result.accessed {
            records[names[patient.patient] ?? ""] = Set(
                patient.accessed.compactMap { scope.log.records[$0.item.record]?.id.description }
            )
        }
        let sets: [DrillSet: Set<String>] = [
            .accessed: references(scope.result.accessed.map(\.patient)),
            .couldHave: references(scope.result.couldHave.map(\.patient)),
            .notAccessed: references(scope.result.notAccessed.map(\.patient)),
        ]
        return (sets, records)
    }
}

extension ScopeFinding {
    /// What the step `scope` attaches: digests, query, coverage, counts.
    public var artefacts: JSONValue {
        [
            "certificate": .string(result.digest), "rerun": rerun.map { .string($0) } ?? .null,
            "query": .string(result.suspicion.document.text),
            "coverage": .string(
                result.doubts.isEmpty
                    ? "complete: \(result.entryCount) entries"
                    : result.doubts.joined(separator: "; ")
            ), "accessed": .int(Int64(result.accessed.count)),
            "couldHave": .int(Int64(result.couldHave.count)),
            "notAccessed": .int(Int64(result.notAccessed.count)),
        ]
    }
}
