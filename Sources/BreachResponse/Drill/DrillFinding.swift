public import VaultCore

/// What a run of a drill found, as far as it is compared with the truth.
public struct DrillFinding: Sendable {
    /// One step that was taken.
    public struct Step: Sendable {
        /// What was done.
        public var event: IncidentEvent
        /// The state after it.
        public var state: IncidentState
        /// When, by the drill's clock.
        public var time: Instant
        /// What was attached.
        public var artefacts: JSONValue

        /// Describes a step.
        ///
        /// - Parameters:
        ///   - event: What was done.
        ///   - state: The state after it.
        ///   - time: When.
        ///   - artefacts: What was attached.
        public init(
            event: IncidentEvent,
            state: IncidentState,
            time: Instant,
            artefacts: JSONValue
        ) {
            self.event = event
            self.state = state
            self.time = time
            self.artefacts = artefacts
        }
    }

    /// References of the patients of each set.
    public var sets: [DrillSet: Set<String>]
    /// Records proven accessed, by patient.
    public var records: [String: Set<String>]
    /// What the clocks said.
    public var deadlines: [BreachDeadline]
    /// Steps of the protocol with their times and what was attached, in order.
    public var steps: [Step]
    /// What did not go as it must: a certificate that does not hold, a log that does not verify, an act that
    /// the vault should have refused.
    public var faults: [String]

    /// Collects a finding.
    ///
    /// - Parameters:
    ///   - sets: References of the patients of each set.
    ///   - records: Records proven accessed, by patient.
    ///   - deadlines: What the clocks said.
    ///   - steps: Steps in order.
    ///   - faults: What did not go as it must.
    public init(
        sets: [DrillSet: Set<String>],
        records: [String: Set<String>],
        deadlines: [BreachDeadline],
        steps: [Step],
        faults: [String]
    ) {
        self.sets = sets
        self.records = records
        self.deadlines = deadlines
        self.steps = steps
        self.faults = faults
    }
}
