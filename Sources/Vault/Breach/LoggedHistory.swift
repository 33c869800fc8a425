public import BreachResponse
public import Guard
public import VaultCore

/// The Guard's log, as the scope computation reads it.
public struct LoggedHistory: AccessHistory {
    /// What the Guard read out of its log.
    public let log: AccessLog
    /// The range of the log and how far it can be believed.
    public let range: LogRange
    /// Every context that occurs.
    public let contexts: [AccessContext]
    /// Every patient of the vault at the end of the range.
    public let patients: [PatientPseudonym]
    /// Every credential whose life touches the range.
    public let credentials: [CredentialLife]

    /// What no log of a vault can say.
    private static let notCovered = [
        "what a permitted reader did with a response afterwards",
        "a Guard that was itself dishonest while it wrote",
    ]

    /// Reads what the Guard found.
    ///
    /// - Parameter log: As the Guard gave it.
    public init(_ log: AccessLog) {
        self.log = log
        range = LogRange(
            origin: log.origin,
            from: (log.fromSize, log.fromRoot),
            to: (log.toSize, log.toRoot),
            logBegins: log.logBegins,
            begins: log.begins,
            ends: log.ends,
            isVerified: log.isVerified,
            gaps: log.unreadable.map {
                LogRange.Gap(from: $0, to: Instant(microseconds: $0.microseconds + 1))
            } + log.lost.map { _ in LogRange.Gap(from: log.begins, to: log.ends) },
            notCovered: Self.notCovered + log.lost
        )
        contexts = log.contexts.map { AccessContext(logged: $0) }
        patients = log.patients.map(\.pseudonym)
        credentials = log.credentials.map {
            CredentialLife(context: $0.context, start: $0.start, end: $0.end)
        }
    }

    /// A patient's heads at both ends.
    ///
    /// - Parameter patient: Place in ``patients``.
    /// - Returns: Counted over the patient's parts, with their back-pointers checked.
    public func heads(of patient: Int) -> PatientHeads {
        let known = log.patients[patient]
        return PatientHeads(
            start: PatientHeads.Head(count: known.start.count, last: known.start.last),
            end: PatientHeads.Head(count: known.end.count, last: known.end.last)
        )
    }

    /// Entries that the Guard counted and did not tell: they did not come by what is suspected.
    ///
    /// - Parameter patient: Place in ``patients``.
    /// - Returns: How many, and the last.
    public func passed(_ patient: Int) -> PatientHeads.Head {
        let passed = log.patients[patient].passed
        return PatientHeads.Head(count: passed.count, last: passed.last)
    }

    /// Entries that the Guard counted and did not tell.
    public var passedEntryCount: Int64 { Int64(clamping: log.passedEntries) }

    /// When a patient's key was rotated, up to the range's end.
    ///
    /// - Parameter patient: Place in ``patients``.
    /// - Returns: In order; what a grant opened before is closed by the next.
    public func rotations(of patient: Int) -> [Instant] { log.patients[patient].rotations }

    /// What a credential could have asked for under the policies then in force.
    ///
    /// - Parameter credential: Place in ``credentials``.
    /// - Returns: Patients with segments; no segments means all.
    public func reach(of credential: Int) -> [SegmentReach] {
        log.credentials[credential].reach.map {
            SegmentReach(patient: $0.patient, segments: $0.segments)
        }
    }

    /// Whether the log knows what is suspected.
    ///
    /// - Parameter suspicion: What is suspected.
    /// - Returns: `false` for an id that was never registered, or never seen up to the range's end.
    public func knows(_ suspicion: Suspicion) -> Bool {
        switch suspicion {
        case .principal(let id): log.principals.contains(id)
        case .device(let id): contexts.contains { $0.device == .value(id) }
        case .session(let id): contexts.contains { $0.session == .value(id) }
        case .server(let id): contexts.contains { $0.server == .value(id) }
        case .guardHost(let id): contexts.contains { $0.guardHost == .value(id) }
        case .organization(let id): contexts.contains { $0.organization == .value(id) }
        case .patientKeys(let named): Set(named).isSubset(of: patients)
        case .rootKey, .lostBackup: true
        }
    }

    /// Delivers every event in the order of the log.
    ///
    /// - Parameter body: Called for each.
    public func forEachEvent(_ body: (AccessEvent) -> Void) {
        for event in log.events {
            body(
                AccessEvent(
                    index: event.index,
                    time: event.time,
                    context: event.context,
                    kind: Self.kind(event)
                )
            )
        }
    }

    private static func kind(_ event: AccessLog.Event) -> AccessEvent.Kind {
        func items(_ items: [AccessLog.Item]) -> [AccessItem] {
            items.map { AccessItem(record: $0.record, version: $0.version) }
        }
        return switch event.content {
        case .grant(let id, let segments, let end):
            .grant(id, patient: event.patient, segments: segments, end: end)
        case .disclosure(let carried):
            .disclosure(patient: event.patient, items: items(carried))
        case .stored(let written): .stored(patient: event.patient, items: items(written))
        case .other: .other(patient: event.patient)
        }
    }
}

extension AccessContext {
    /// Reads a header's texts; an id that is none counts as unknown.
    fileprivate init(logged: AccessLog.Context) {
        func attribute<Value>(
            _ text: String,
            _ read: (String) -> Value?
        ) -> Attribute<Value> {
            switch text {
            case "unknown": .unknown
            case "none": .none
            default: read(text).map { .value($0) } ?? .unknown
            }
        }
        self.init(
            principal: attribute(logged.principal) { PrincipalID($0) },
            organization: attribute(logged.organization) { $0 },
            session: attribute(logged.session) { text in
                Hex.decode(text).flatMap { SessionID(bytes: $0) }
            },
            device: attribute(logged.device) { $0 },
            server: attribute(logged.recordServer) { $0 },
            guardHost: attribute(logged.guardHost) { $0 },
            automation: Automation(rawValue: logged.automation) ?? .unknown
        )
    }
}
