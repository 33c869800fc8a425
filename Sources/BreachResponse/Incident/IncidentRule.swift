/// One row of the state machine: who may do what from where, and what must be attached.
public struct IncidentRule: Sendable, Hashable {
    /// What is done.
    public let event: IncidentEvent
    /// From which states.
    public let from: Set<IncidentState>
    /// In which lanes.
    public let lanes: Set<IncidentLane>
    /// The next state, or `nil` where the state stays.
    public let to: IncidentState?
    /// One signature each; several entries need that many different persons.
    public let signatures: [Set<IncidentRole>]
    /// What must be attached.
    public let artefacts: [IncidentArtefact]
    /// Why the table says so, for the person who is refused.
    public let why: String

    init(
        _ event: IncidentEvent,
        from: Set<IncidentState>,
        lanes: Set<IncidentLane> = [.full, .fast],
        to: IncidentState?,
        by signatures: [Set<IncidentRole>],
        _ artefacts: [IncidentArtefact],
        why: String
    ) {
        self.event = event
        self.from = from
        self.lanes = lanes
        self.to = to
        self.signatures = signatures
        self.artefacts = artefacts
        self.why = why
    }
}
