public import VaultCore

/// A person who signs a transition, as the Guard has verified them.
public struct IncidentSignatory: Sendable, Hashable {
    /// Who.
    public let principal: PrincipalID
    /// Roles that the Guard or the roster gives them.
    public let roles: Set<IncidentRole>
    /// When they last proved who they are.
    public let reauthenticated: Instant

    /// Oldest proof of identity that counts for a transition.
    public static let maximumProofAge: Duration = .seconds(900)

    /// Names a signatory.
    ///
    /// - Parameters:
    ///   - principal: Who.
    ///   - roles: Roles that the Guard gives them.
    ///   - reauthenticated: When they last proved who they are.
    public init(principal: PrincipalID, roles: Set<IncidentRole>, reauthenticated: Instant) {
        self.principal = principal
        self.roles = roles
        self.reauthenticated = reauthenticated
    }
}

/// What somebody wants to do.
public struct IncidentRequest: Sendable, Hashable {
    /// What.
    public var event: IncidentEvent
    /// By whom; one or two.
    public var signatories: [IncidentSignatory]
    /// When, from the Guard's clock.
    public var time: Instant
    /// What is attached: an object.
    public var artefacts: JSONValue

    /// Describes a wish.
    ///
    /// - Parameters:
    ///   - event: What.
    ///   - signatories: By whom.
    ///   - time: From the Guard's clock.
    ///   - artefacts: An object with at least what the table asks for.
    public init(
        _ event: IncidentEvent,
        by signatories: [IncidentSignatory],
        time: Instant,
        artefacts: JSONValue
    ) {
        self.event = event
        self.signatories = signatories
        self.time = time
        self.artefacts = artefacts
    }
}

/// Why a transition is refused; a value, never an error.
public enum IncidentRefusal: Sendable, Hashable {
    /// The table has no such step from here; carries the steps that there are.
    case notFromHere(state: IncidentState, possible: [IncidentEvent])
    /// Nobody who signed has this role.
    case roleMissing(anyOf: [IncidentRole])
    /// Two different persons must sign.
    case samePerson
    /// A signatory must prove again who they are.
    case reauthenticate(PrincipalID)
    /// Not on the roster of this incident.
    case notOnRoster(PrincipalID)
    /// Something is not attached.
    case artefactMissing(IncidentArtefact)
    /// Something attached has not the shape asked for.
    case artefactUnfit(IncidentArtefact)
    /// Two times in an order that cannot be.
    case outOfOrder(earlier: String, later: String)
    /// The letters were written from another certificate than the newest that the case recorded.
    case anotherScope
    /// The two runs of the query do not agree.
    case digestsDiffer
    /// More patients than the fast lane takes: declare.
    case tooManyForFastLane(Int64)
    /// Law enforcement asked for delay until then.
    case held(until: Instant)
    /// A drill never sends.
    case drillNeverSends
    /// The decision says no notice.
    case nothingToNotify
    /// The decision says notice, and it has not been made.
    case noticeOutstanding
    /// Letters are still open.
    case lettersOpen(Int64)
    /// The assessment or a decision does not hold.
    case notProved([String])
    /// The time lies before the last record.
    case timeRanBackwards
    /// There is no hold to release, or no record to correct.
    case nothingThere

    /// One line for the person, without any patient's word.
    public var message: String {
        switch self {
        case .notFromHere(let state, let possible):
            "not from `\(state.rawValue)`; possible: "
                + possible.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        case .roleMissing(let roles):
            "needs " + roles.map { "`\($0.rawValue)`" }.joined(separator: " or ")
        case .samePerson: "two different persons must sign"
        case .reauthenticate(let who): "`\(who)` must prove again who they are"
        case .notOnRoster(let who): "`\(who)` has no such role on this incident's roster"
        case .artefactMissing(let artefact):
            "`\(artefact.name)` is missing: \(artefact.wanted), `\(artefact.example)`"
        case .artefactUnfit(let artefact):
            "`\(artefact.name)` is not \(artefact.wanted), `\(artefact.example)`"
        case .outOfOrder(let earlier, let later):
            "`\(later)` lies before `\(earlier)`: check both and their zones"
        case .anotherScope:
            "the letters are not of the newest scope: write them from its certificate"
        case .digestsDiffer: "the second run of the query gave another digest"
        case .tooManyForFastLane(let count): "\(count) patients: declare an incident"
        case .held(let until): "law enforcement asked for delay until \(until)"
        case .drillNeverSends: "a drill never sends"
        case .nothingToNotify: "the decision says no notice"
        case .noticeOutstanding: "the decision says notice: notify first"
        case .lettersOpen(let count): "\(count) letters are open"
        case .notProved(let reasons): reasons.joined(separator: "; ")
        case .timeRanBackwards: "the time lies before the last record"
        case .nothingThere: "there is nothing to release or correct"
        }
    }
}
