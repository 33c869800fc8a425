public import VaultCore

/// Who or what is suspected.
public enum Suspicion: Sendable, Hashable {
    /// A principal, or whoever used their credentials.
    case principal(PrincipalID)
    /// A stolen or infected device.
    case device(String)
    /// One session or token.
    case session(SessionID)
    /// A record server.
    case server(String)
    /// The host of a Guard: holds every key.
    case guardHost(String)
    /// Everybody of an organization.
    case organization(String)
    /// The keys of some patients became known.
    case patientKeys([PatientPseudonym])
    /// The root key became known.
    case rootKey
    /// A backup was lost, with what is known of the keys beside it.
    case lostBackup(taken: Instant, keys: EncryptionFinding.KeyState)

    /// What the suspicion is, as the query writes it.
    public var document: JSONValue {
        switch self {
        case .principal(let id): ["kind": "principal", "id": .string(id.text)]
        case .device(let id): ["kind": "device", "id": .string(id)]
        case .session(let id): ["kind": "session", "id": .string(id.description)]
        case .server(let id): ["kind": "server", "id": .string(id)]
        case .guardHost(let id): ["kind": "guard-host", "id": .string(id)]
        case .organization(let id): ["kind": "organization", "id": .string(id)]
        case .patientKeys(let patients):
            ["kind": "patient-keys", "patients": .strings(patients.sorted().map(\.description))]
        case .rootKey: ["kind": "root-key"]
        case .lostBackup(let taken, let keys):
            [
                "kind": "lost-backup", "taken": .string(taken.description),
                "keys": .string(keys.rawValue),
            ]
        }
    }

    /// Reads a suspicion.
    ///
    /// Gives `nil` where the document is none, or an id is empty or impossible.
    ///
    /// - Parameter document: As ``document`` writes it.
    public init?(_ document: JSONValue) {
        let id = document["id"]?.string ?? ""
        switch document["kind"]?.string {
        case "principal":
            guard let principal = PrincipalID(id) else { return nil }
            self = .principal(principal)
        case "session":
            guard let session = Hex.decode(id).flatMap({ SessionID(bytes: $0) }) else { return nil }
            self = .session(session)
        case "device" where !id.isEmpty: self = .device(id)
        case "server" where !id.isEmpty: self = .server(id)
        case "guard-host" where !id.isEmpty: self = .guardHost(id)
        case "organization" where !id.isEmpty: self = .organization(id)
        case "root-key": self = .rootKey
        case "patient-keys":
            let names = document["patients"]?.stringArray ?? []
            let patients = names.compactMap { Hex.decode($0) }.compactMap {
                PatientPseudonym(bytes: $0)
            }
            guard !patients.isEmpty, patients.count == names.count else { return nil }
            self = .patientKeys(patients)
        case "lost-backup":
            guard let taken = document["taken"]?.string.flatMap({ Instant(rfc3339: $0) }),
                let keys = document["keys"]?.string.flatMap(
                    EncryptionFinding.KeyState.init(rawValue:)
                )
            else { return nil }
            self = .lostBackup(taken: taken, keys: keys)
        default: return nil
        }
    }

    /// Whether an access went through what is suspected.
    enum Match: Sendable, Hashable {
        case no
        case yes
        /// The entry does not say: it may have.
        case perhaps
    }

    func match(_ context: AccessContext) -> Match {
        switch self {
        case .principal(let id): Self.compare(context.principal, id)
        case .device(let id): Self.compare(context.device, id)
        case .session(let id): Self.compare(context.session, id)
        case .server(let id): Self.compare(context.server, id)
        case .guardHost(let id): Self.compare(context.guardHost, id)
        case .organization(let id): Self.compare(context.organization, id)
        case .patientKeys, .rootKey, .lostBackup: .no
        }
    }

    private static func compare<Value>(_ said: Attribute<Value>, _ wanted: Value) -> Match {
        switch said {
        case .unknown: .perhaps
        case .none: .no
        case .value(let value): value == wanted ? .yes : .no
        }
    }
}

/// The time that is looked at: from the first moment up to, not including, the last.
public struct ScopeWindow: Sendable, Hashable {
    /// First moment.
    public let from: Instant
    /// First moment after it.
    public let to: Instant

    /// Makes a window.
    ///
    /// - Parameters:
    ///   - from: First moment.
    ///   - to: First moment after it.
    public init(from: Instant, to: Instant) {
        self.from = from
        self.to = to
    }

    func contains(_ time: Instant) -> Bool { from <= time && time < to }

    func overlaps(_ start: Instant, _ end: Instant) -> Bool { start < to && end > from }
}

/// A part of the log between two checkpoints, and how far it can be believed.
public struct LogRange: Sendable, Hashable {
    /// A stretch of time for which the log has lost entries.
    public struct Gap: Sendable, Hashable {
        /// From when.
        public var from: Instant
        /// Until when.
        public var to: Instant

        /// Makes a gap.
        ///
        /// - Parameters:
        ///   - from: From when.
        ///   - to: Until when.
        public init(from: Instant, to: Instant) {
            self.from = from
            self.to = to
        }
    }

    /// Name of the log.
    public var origin: String
    /// Entries before the range, and the root over them in hexadecimal.
    public var fromSize: UInt64
    /// Root over the entries before the range.
    public var fromRoot: String
    /// Entries at its end.
    public var toSize: UInt64
    /// Root over all of them.
    public var toRoot: String
    /// Time of the log's very first entry.
    public var logBegins: Instant
    /// Time of the checkpoint before the range.
    public var begins: Instant
    /// Time of the checkpoint at its end.
    public var ends: Instant
    /// Whether the log verified, roots and entries.
    public var isVerified: Bool
    /// Where entries were lost.
    public var gaps: [Gap]
    /// How far clocks may have been wrong, in seconds.
    public var clockBoundSeconds: Int64
    /// Who cosigned the later checkpoint.
    public var witnesses: [String]
    /// Systems that the log does not cover.
    public var notCovered: [String]

    /// Describes a range.
    ///
    /// - Parameters:
    ///   - origin: Name of the log.
    ///   - from: Entries before the range and the root over them.
    ///   - to: Entries at its end and the root over them.
    ///   - logBegins: Time of the log's very first entry.
    ///   - begins: Time of the checkpoint before the range.
    ///   - ends: Time of the checkpoint at its end.
    ///   - isVerified: Whether the log verified.
    ///   - gaps: Where entries were lost.
    ///   - clockBoundSeconds: How far clocks may have been wrong.
    ///   - witnesses: Who cosigned the later checkpoint.
    ///   - notCovered: Systems that the log does not cover.
    public init(
        origin: String,
        from: (size: UInt64, root: String),
        to: (size: UInt64, root: String),
        logBegins: Instant,
        begins: Instant,
        ends: Instant,
        isVerified: Bool,
        gaps: [Gap] = [],
        clockBoundSeconds: Int64 = 0,
        witnesses: [String] = [],
        notCovered: [String] = []
    ) {
        self.origin = origin
        fromSize = from.size
        fromRoot = from.root
        toSize = to.size
        toRoot = to.root
        self.logBegins = logBegins
        self.begins = begins
        self.ends = ends
        self.isVerified = isVerified
        self.gaps = gaps
        self.clockBoundSeconds = clockBoundSeconds
        self.witnesses = witnesses
        self.notCovered = notCovered
    }

    /// Why nothing can be proven not accessed in a window; empty where something can.
    ///
    /// - Parameter window: What is looked at.
    /// - Returns: One line each.
    func doubts(_ window: ScopeWindow) -> [String] {
        var doubts: [String] = []
        if !isVerified { doubts.append("the log does not verify") }
        if begins > window.from { doubts.append("no checkpoint at or before the window's begin") }
        if ends < window.to { doubts.append("no checkpoint at or after the window's end") }
        if gaps.contains(where: { window.overlaps($0.from, $0.to) }) {
            doubts.append("entries of the window are lost")
        }
        return doubts
    }

    var document: JSONValue {
        [
            "origin": .string(origin),
            "from": ["size": .int(Int64(clamping: fromSize)), "root": .string(fromRoot)],
            "to": ["size": .int(Int64(clamping: toSize)), "root": .string(toRoot)],
            "begins": .string(begins.description), "ends": .string(ends.description),
            "verified": .bool(isVerified),
            "gaps": .array(
                gaps.map {
                    ["from": .string($0.from.description), "to": .string($0.to.description)]
                }
            ), "clockBoundSeconds": .int(clockBoundSeconds),
            "witnesses": .strings(witnesses), "notCovered": .strings(notCovered),
        ]
    }
}
