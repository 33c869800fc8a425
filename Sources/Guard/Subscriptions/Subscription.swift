public import Consent
public import VaultCore

/// What a client wants to be told: changes of one type that it may see, sent to an address of its own.
///
/// The Guard's object, like a session: it stands for the client's principal until it ends, with the scopes and
/// purposes of the token that it was made under, and never with more.
public struct Subscription: Sendable, Hashable {
    /// How things stand.
    public enum Status: String, Sendable, Hashable {
        /// The address has not answered yet.
        case requested
        /// It is told of events.
        case active
        /// The address failed too often; it is still tried now and then, and nothing is lost.
        case error
        /// It has ended by itself: its time is over, or its client may ask no more.
        case off
    }

    /// Something that happened, without a word of the record.
    public struct Event: Sendable, Hashable {
        /// From 1, without a gap.
        public let number: Int64
        /// Whose record.
        public let patient: PatientPseudonym
        /// Number and version of the record; `nil` where the patient's consent has ended.
        public let record: Record?
        /// When.
        public let time: Instant

        /// Number and version of a record.
        public struct Record: Sendable, Hashable {
            /// Record number, dense for each patient.
            public let number: UInt32
            /// Version, from 1.
            public let version: UInt32

            /// Names a version.
            ///
            /// - Parameters:
            ///   - number: Record number.
            ///   - version: Version, from 1.
            public init(number: UInt32, version: UInt32) {
                self.number = number
                self.version = version
            }
        }
    }

    /// What the client asked for.
    public struct Wish: Sendable, Hashable {
        /// Resource type.
        public var type: String
        /// Search that a record must meet, without the type: `patient=Patient/1&status=final`.
        public var query: String
        /// Where notifications go.
        public var endpoint: String
        /// Header fields to send along, `Name: value`.
        public var headers: [String]
        /// Seconds after which silence is broken; `nil` for never.
        public var heartbeat: Int?
        /// Most events of one notification.
        public var maximumCount: Int
        /// When it ends by itself.
        public var end: Instant?

        /// Describes a wish.
        ///
        /// - Parameters:
        ///   - type: Resource type.
        ///   - query: Search that a record must meet, without the type.
        ///   - endpoint: Where notifications go.
        public init(type: String, query: String, endpoint: String) {
            self.type = type
            self.query = query
            self.endpoint = endpoint
            headers = []
            maximumCount = 100
        }
    }

    /// 32 hexadecimal digits.
    public let id: FHIRID
    /// Whose it is.
    public let client: String
    /// In whose name.
    public let principal: PrincipalID
    /// What the token allowed, reads and searches only; for its worker what is left of that today.
    public internal(set) var scopes: [ClientScope]
    /// For what.
    public let purposes: [String]
    /// The only patient, where the token was bound to one.
    public let patient: FHIRID?
    /// What was asked for.
    public let wish: Wish
    /// When it was made.
    public let created: Instant
    /// Proves to the Guard who acts for it; known to record servers only.
    let key: [UInt8]

    /// How things stand.
    public internal(set) var status = Status.requested
    /// Entries of the log before this one have been looked at.
    public internal(set) var cursor: UInt64
    /// Number of the newest event; 0 before the first.
    public internal(set) var eventCount: Int64 = 0
    /// Everything up to this event has arrived, or may not leave any more.
    public internal(set) var delivered: Int64 = 0
    /// Attempts that failed, one after the other.
    public internal(set) var failures = 0
    /// Not to be tried before.
    public internal(set) var nextTry: Instant
    /// When something was last sent.
    public internal(set) var lastSent: Instant
    /// The newest events, for `$events`; at least all that have not arrived.
    public internal(set) var events: [Event] = []
    /// Patients whose own consent let something be told.
    var watched: [PatientPseudonym] = []

    /// Events that are kept.
    static let keptEvents = 1_000
    /// Most events that wait; more are left in the log until these have arrived.
    public static let waitingLimit = 500
    /// Failures after which it is in error.
    static let failureLimit = 8

    /// Who acts for it.
    public var caller: Caller { .subscription(id, key: key) }
    /// Events that have not arrived, oldest first.
    public var waiting: [Event] { events.filter { $0.number > delivered } }

    init(
        id: FHIRID,
        key: [UInt8],
        wish: Wish,
        token: TokenFacts,
        now: Instant,
        cursor: UInt64
    ) {
        self.id = id
        self.key = key
        self.wish = wish
        client = token.client
        principal = token.principal
        scopes = token.scopes.compactMap(\.reading)
        purposes = token.purposes
        patient = token.patient
        created = now
        self.cursor = cursor
        nextTry = now
        lastSent = now
    }

    /// What its caller may ask, as if it had a token of the usual life.
    ///
    /// - Parameters:
    ///   - kind: What kind of principal it is.
    ///   - now: By the Guard's clock.
    /// - Returns: `nil` where its id is none that the Guard made.
    public func facts(kind: RequesterKind, now: Instant) -> TokenFacts? {
        guard let session = Hex.decode(id.text).flatMap({ SessionID(bytes: $0) }) else {
            return nil
        }
        return TokenFacts(
            id: session,
            principal: principal,
            kind: kind,
            client: client,
            scopes: scopes,
            purposes: purposes,
            patient: patient,
            issued: now,
            end: now.advanced(by: TokenFacts.lifetime)
        )
    }
}

extension ClientScope {
    /// The part of it that reads.
    fileprivate var reading: ClientScope? {
        let left = actions.intersection([.read, .search])
        return left.isEmpty
            ? nil : ClientScope(context: context, type: type, actions: left, filters: filters)
    }
}
