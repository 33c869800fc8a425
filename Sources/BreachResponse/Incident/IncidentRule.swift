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

/// Something that must be attached to a transition, with the shape it must have.
public struct IncidentArtefact: Sendable, Hashable {
    /// What counts as attached.
    public enum Shape: String, Sendable, Hashable {
        /// Text that is not empty.
        case text
        /// A list or an object that is not empty.
        case filled
        /// A list, which may be empty where that is the finding.
        case list
        /// Exactly `true`: the person confirms it.
        case confirmed
        /// A number, 0 or more.
        case count
        /// A SHA-256 in hexadecimal.
        case digest
        /// A day or an RFC 3339 moment that has been, such as `2026-03-02`; clocks may differ by five minutes.
        case past
    }

    /// Member of the record.
    public let name: String
    /// What counts as attached.
    public let shape: Shape

    init(_ name: String, _ shape: Shape = .text) {
        self.name = name
        self.shape = shape
    }
}
