internal import Consent
internal import MerkleLog
public import VaultCore

/// A breach case in short.
public struct IncidentSummary: Sendable, Hashable {
    /// The case's id.
    public let id: String
    /// Where it stands.
    public let state: String
    /// Whether it is a drill.
    public let isDrill: Bool
    /// Steps so far.
    public let records: Int
    /// Time of the last step.
    public let time: Instant
}

extension GuardCore {
    /// All breach cases, by id.
    ///
    /// - Parameter caller: An officer, an administrator, or a principal with a part in breach cases.
    /// - Returns: Closed ones included.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func incidents(by caller: Caller) throws -> [IncidentSummary] {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "incidents"],
                state: state,
                allowsOperator: false
            )
            try actor.requireResponder()
            var found: [IncidentSummary] = []
            try state.forEachStoredItem(.incident) { key, bytes in
                guard let json = JSONValue(parsing: bytes) else { throw GuardError.damagedState }
                let head = try IncidentHead(json: json)
                found.append(
                    IncidentSummary(
                        id: String(decoding: key, as: UTF8.self),
                        state: head.state,
                        isDrill: head.isDrill,
                        records: head.entries.count,
                        time: head.time
                    )
                )
            }
            return found
        }
    }

    /// The records of one case, in order, as they stand in the log.
    ///
    /// - Parameters:
    ///   - id: The case.
    ///   - caller: An officer, an administrator, or a principal with a part in breach cases; who reports
    ///     a case may read the state of none.
    /// - Returns: Empty for a case that nobody has reported.
    /// - Throws: ``GuardError/damagedState`` where a record is not the one that the entry carried.
    public func incidentRecords(_ id: String, by caller: Caller) throws -> [JSONValue] {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "incident-read", "incident": .string(id)],
                state: state,
                allowsOperator: false
            )
            try actor.requireResponder()
            guard IncidentHead.isID(id) else { throw GuardError.invalid(field: "incident") }
            guard let head = try state.incident(id) else { return [] }
            let reader = LogReader(state: state)
            var replayed = IncidentHead(isDrill: head.isDrill)
            var records: [JSONValue] = []
            for index in head.entries {
                let entry = try reader.entry(index, parts: .only(GuardState.nobody))
                guard let record = entry.header["incident"], record["incident"] == .string(id)
                else {
                    throw GuardError.damagedState
                }
                try replayed.append(record, at: index)
                records.append(record)
            }
            guard replayed == head else { throw GuardError.damagedState }
            return records
        }
    }
}

extension Actor {
    /// Refuses everybody without a part in breach cases.
    func requireResponder() throws(GuardError) {
        guard principal?.isResponder == true else {
            throw .notPermitted(action: "read breach cases")
        }
    }
}
