public import VaultCore

/// A rehearsal as its file tells it: who is there, what is played, what must come out.
///
/// One JSON text in `Policies/drills/`. Times are whole minutes after `begins`. A group's `truth` says in
/// which set its patients belong; it is the author's own statement and never computed from a log.
public struct DrillScenario: Sendable, Hashable {
    /// Somebody or something that acts.
    public struct Actor: Sendable, Hashable {
        /// Id of the principal.
        public let id: String
        /// Name as shown.
        public let name: String
        /// Kind of the principal, `clinician`.
        public let kind: String
        /// FHIR reference it is, `Practitioner/quist`.
        public let reference: String?
        /// Organization it belongs to, `Organization/ward`.
        public let organization: String?
        /// Further roles.
        public let roles: [String]

        /// Describes an actor.
        ///
        /// - Parameters:
        ///   - id: Id of the principal.
        ///   - name: Name as shown.
        ///   - kind: Kind of the principal.
        ///   - reference: FHIR reference it is.
        ///   - organization: Organization it belongs to.
        ///   - roles: Further roles.
        public init(
            id: String,
            name: String,
            kind: String,
            reference: String? = nil,
            organization: String? = nil,
            roles: [String] = []
        ) {
            self.id = id
            self.name = name
            self.kind = kind
            self.reference = reference
            self.organization = organization
            self.roles = roles
        }
    }

    /// Patients who share a fate.
    public struct Group: Sendable, Hashable {
        /// Name inside the scenario.
        public let name: String
        /// How many.
        public let count: Int
        /// The set they belong to.
        public let truth: DrillSet
        /// Who treats them: id of an actor.
        public let treatedBy: String?
        /// Who insures them: reference of an organization.
        public let insurer: String?
        /// To whom they consented: id of an actor.
        public let consentTo: String?
        /// Data categories that the suspected reads carried; what the truth says of records.
        public let carried: [String]
        /// Whether every record was carried that the patient has of these categories, or none is claimed.
        public var namesRecords: Bool { !carried.isEmpty }
    }

    /// One thing that happens to the vault.
    public struct Act: Sendable, Hashable {
        /// What is done.
        public enum Kind: String, Sendable, Hashable, CaseIterable {
            /// Opens a session, named for later acts.
            case openSession = "open-session"
            /// Reads each patient of a group.
            case read
            /// Writes one more laboratory result for each patient of a group.
            case write
        }

        /// Minutes after the beginning.
        public let minute: Int64
        /// Who: id of an actor.
        public let who: String
        /// What.
        public let kind: Kind
        /// Whose records.
        public let group: String?
        /// For which purpose.
        public let purpose: String
        /// Name of the session used or opened.
        public let session: String?
        /// From which device.
        public let device: String
        /// Through which record server.
        public let server: String
        /// Only these data categories.
        public let categories: [String]
        /// Reason of a break-glass.
        public let breakGlass: String?
        /// Whether the claim in question is named.
        public let namesClaim: Bool
        /// Whether a program does it.
        public let isMachine: Bool
        /// Whether the vault must refuse it.
        public let isRefused: Bool
    }

    /// Something that is told to the persons who rehearse.
    public struct Inject: Sendable, Hashable {
        /// Minutes after the beginning.
        public let minute: Int64
        /// To whom: a role.
        public let recipient: String
        /// What.
        public let text: String
    }

    /// A deadline that must come out.
    public struct Deadline: Sendable, Hashable {
        /// Rule id.
        public let rule: String
        /// The jurisdiction.
        public let jurisdiction: String
        /// RFC 3339, or `nil` where the law names no number.
        public let due: String?
    }

    /// Name, `stolen-laptop`.
    public let name: String
    /// One line.
    public let title: String
    /// What the persons know at the beginning.
    public let situation: String
    /// Feeds the generator.
    public let seed: Int64
    /// The first moment.
    public let begins: ZonedTime
    /// Who acts.
    public let cast: [Actor]
    /// Whose records.
    public let groups: [Group]
    /// Homes of the patients in turn: code and language, `US-MA` and `en`.
    public let homes: [(code: String, language: String)]
    /// What is played.
    public let acts: [Act]
    /// What is told when.
    public let injects: [Inject]
    /// What is suspected; a session is named as in ``acts``.
    public let suspicion: JSONValue
    /// First minute of the window, and the first after it.
    public let window: (from: Int64, until: Int64)
    /// Minutes at which each step of the protocol is taken.
    public let response: [IncidentEvent: Int64]
    /// Minutes from the report by which a state should be reached.
    public let targets: [IncidentState: Int64]
    /// Further facts for the clocks: role, risk, trigger.
    public let facts: [JSONValue.Member]
    /// What the clocks must say.
    public let deadlines: [Deadline]
    /// The whole file.
    public let document: JSONValue

    /// A minute as a moment in the scenario's zone.
    ///
    /// - Parameter minute: After the beginning.
    /// - Returns: The moment.
    public func time(_ minute: Int64) -> ZonedTime {
        ZonedTime(
            begins.instant.advanced(by: .seconds(minute * 60)),
            offsetMinutes: begins.offsetMinutes
        )
    }

    /// Compares the files.
    ///
    /// - Parameters:
    ///   - left: One.
    ///   - right: Another.
    /// - Returns: Whether they say the same.
    public static func == (left: Self, right: Self) -> Bool { left.document == right.document }

    /// Feeds the file.
    ///
    /// - Parameter hasher: Receives it.
    public func hash(into hasher: inout Hasher) { hasher.combine(document) }
}

/// One of the three sets of a scope.
public enum DrillSet: String, Sendable, Hashable, CaseIterable {
    /// Proven accessed.
    case accessed
    /// Could have been accessed.
    case couldHave
    /// Proven not accessed.
    case notAccessed
}
