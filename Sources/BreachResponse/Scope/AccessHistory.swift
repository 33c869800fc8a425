public import VaultCore

/// What a log entry says about one side of an access: a value, that there is none, or not known.
public enum Attribute<Value: Sendable & Hashable>: Sendable, Hashable {
    /// Nobody knows: may be the suspected one.
    case unknown
    /// There is none, such as no session on the command line.
    case none
    /// This one.
    case value(Value)
}

/// Through whom and what an access went; entries with the same context share it.
public struct AccessContext: Sendable, Hashable {
    /// Whether a person or a program acted.
    public enum Automation: String, Sendable, Hashable, CaseIterable {
        /// A person.
        case human
        /// A program on its own.
        case machine
        /// Not known.
        case unknown
    }

    /// Who.
    public var principal: Attribute<PrincipalID>
    /// Within which organization.
    public var organization: Attribute<String>
    /// In which session.
    public var session: Attribute<SessionID>
    /// From which device.
    public var device: Attribute<String>
    /// Through which record server.
    public var server: Attribute<String>
    /// By which Guard.
    public var guardHost: Attribute<String>
    /// Person or program.
    public var automation: Automation

    /// Describes a context; what is not said is unknown.
    ///
    /// - Parameters:
    ///   - principal: Who.
    ///   - organization: Within which organization.
    ///   - session: In which session.
    ///   - device: From which device.
    ///   - server: Through which record server.
    ///   - guardHost: By which Guard.
    ///   - automation: Person or program.
    public init(
        principal: Attribute<PrincipalID> = .unknown,
        organization: Attribute<String> = .unknown,
        session: Attribute<SessionID> = .unknown,
        device: Attribute<String> = .unknown,
        server: Attribute<String> = .unknown,
        guardHost: Attribute<String> = .unknown,
        automation: Automation = .unknown
    ) {
        self.principal = principal
        self.organization = organization
        self.session = session
        self.device = device
        self.server = server
        self.guardHost = guardHost
        self.automation = automation
    }
}

/// A record version of one patient.
public struct AccessItem: Sendable, Hashable {
    /// The record.
    public var record: RecordTag
    /// Its version.
    public var version: Int64

    /// Names a record version.
    ///
    /// - Parameters:
    ///   - record: The record.
    ///   - version: Its version.
    public init(record: RecordTag, version: Int64) {
        self.record = record
        self.version = version
    }
}

/// One thing that the log says; patients and contexts are places in the history's lists.
public struct AccessEvent: Sendable, Hashable {
    /// What it says.
    public enum Kind: Sendable, Hashable {
        /// Read keys of these segments were released until then (expiry or earlier revocation).
        case grant(GrantID, patient: Int, segments: [SegmentTag], end: Instant)
        /// A response carried these.
        case disclosure(patient: Int, items: [AccessItem])
        /// These were written.
        case stored(patient: Int, items: [AccessItem])
        /// Anything else that has a part for the patient: a denial, a fact, a look-up.
        case other(patient: Int)
    }

    /// Index of the log entry; one entry can say several things.
    public var index: UInt64
    /// Time of the entry.
    public var time: Instant
    /// Place in ``AccessHistory/contexts``.
    public var context: Int
    /// What it says.
    public var kind: Kind

    /// Makes an event.
    ///
    /// - Parameters:
    ///   - index: Index of the log entry.
    ///   - time: Time of the entry.
    ///   - context: Place in the history's contexts.
    ///   - kind: What it says.
    public init(index: UInt64, time: Instant, context: Int, kind: Kind) {
        self.index = index
        self.time = time
        self.context = context
        self.kind = kind
    }
}

/// A patient's head at the two ends of the range: how many entries, and which is the last.
public struct PatientHeads: Sendable, Hashable {
    /// A head; no entry yet is count 0.
    public struct Head: Sendable, Hashable {
        /// Entries that have a part for the patient.
        public var count: UInt64
        /// The last of them; 0 where there is none.
        public var last: UInt64

        /// Makes a head.
        ///
        /// - Parameters:
        ///   - count: Entries that have a part for the patient.
        ///   - last: The last of them.
        public init(count: UInt64, last: UInt64) {
            self.count = count
            self.last = last
        }
    }

    /// At the beginning of the range.
    public var start: Head
    /// At its end.
    public var end: Head

    /// Makes a pair.
    ///
    /// - Parameters:
    ///   - start: At the beginning of the range.
    ///   - end: At its end.
    public init(start: Head, end: Head) {
        self.start = start
        self.end = end
    }
}

/// A session, token or key that lets somebody ask, with its life.
public struct CredentialLife: Sendable, Hashable {
    /// Place in ``AccessHistory/contexts``.
    public var context: Int
    /// From when.
    public var start: Instant
    /// Until when: expiry or revocation.
    public var end: Instant

    /// Makes a life.
    ///
    /// - Parameters:
    ///   - context: Place in the history's contexts.
    ///   - start: From when.
    ///   - end: Until when.
    public init(context: Int, start: Instant, end: Instant) {
        self.context = context
        self.start = start
        self.end = end
    }
}

/// Segments of a patient.
public struct SegmentReach: Sendable, Hashable {
    /// Place in ``AccessHistory/patients``.
    public var patient: Int
    /// Segments; empty means all.
    public var segments: [SegmentTag]

    /// Makes a reach.
    ///
    /// - Parameters:
    ///   - patient: Place in the history's patients.
    ///   - segments: Segments; empty means all.
    public init(patient: Int, segments: [SegmentTag]) {
        self.patient = patient
        self.segments = segments
    }
}

/// What the scope is computed from: a part of the log between two checkpoints, already read.
///
/// The Guard implements it. It promises to deliver every entry of the range that has a part for any
/// patient, in the order of the log, and every earlier grant that still lived in the range, or to count it
/// as passed where its context does not match what is suspected; the heads let the computation check that
/// promise for each patient.
public protocol AccessHistory {
    /// The range of the log and how far it can be believed.
    var range: LogRange { get }
    /// Every context that occurs.
    var contexts: [AccessContext] { get }
    /// Every patient of the vault at the end of the range.
    var patients: [PatientPseudonym] { get }
    /// Every credential whose life touches the range.
    var credentials: [CredentialLife] { get }

    /// A patient's heads at both ends.
    ///
    /// - Parameter patient: Place in ``patients``.
    /// - Returns: The heads, from the two `heads` entries.
    func heads(of patient: Int) -> PatientHeads

    /// Entries of the range with a part for a patient that are counted and not delivered.
    ///
    /// - Parameter patient: Place in ``patients``.
    /// - Returns: How many, and the last of them.
    func passed(_ patient: Int) -> PatientHeads.Head

    /// Entries that are counted and not delivered, of all patients together.
    var passedEntryCount: Int64 { get }

    /// When a patient's key was rotated, in order.
    ///
    /// - Parameter patient: Place in ``patients``.
    /// - Returns: All rotations, before, in and after the range.
    func rotations(of patient: Int) -> [Instant]

    /// What a credential could have asked for under the policies then in force.
    ///
    /// - Parameter credential: Place in ``credentials``.
    /// - Returns: Patients with segments.
    func reach(of credential: Int) -> [SegmentReach]

    /// Whether the log knows what is suspected.
    ///
    /// - Parameter suspicion: What is suspected.
    /// - Returns: `false` for an id that was never registered or seen.
    func knows(_ suspicion: Suspicion) -> Bool

    /// Delivers every event in the order of the log.
    ///
    /// - Parameter body: Called for each.
    /// - Throws: Where the log cannot be read; then there is no scope.
    func forEachEvent(_ body: (AccessEvent) -> Void) throws
}

extension AccessHistory {
    /// A history that delivers everything.
    ///
    /// - Parameter patient: Not looked at.
    /// - Returns: No entries.
    public func passed(_ patient: Int) -> PatientHeads.Head { .init(count: 0, last: 0) }

    /// None.
    public var passedEntryCount: Int64 { 0 }
}
