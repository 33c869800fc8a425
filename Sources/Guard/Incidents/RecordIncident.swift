internal import Consent
internal import MerkleLog
public import VaultCore

extension GuardCore {
    /// What the persons who stand in a record sign.
    ///
    /// - Parameter record: The transition's record.
    /// - Returns: The request in its one form.
    public static func incidentBody(_ record: JSONValue) -> JSONValue {
        ["kind": "incident", "record": record]
    }

    /// Writes one step of a breach case into the log: a `breach` entry with the step's record.
    ///
    /// Each person who stands in the record has signed exactly this record, now, with their own key: a
    /// session or the passphrase is not enough. Nothing of the step holds before this returns.
    ///
    /// - Parameters:
    ///   - record: As `BreachResponse.Incident` wrote it.
    ///   - callers: One or two signed statements over ``incidentBody(_:)``, in the record's order.
    ///   - context: Where the call came from.
    /// - Returns: The entry, durable.
    /// - Throws: ``GuardError/notAuthenticated``, ``GuardError/notPermitted(action:)``,
    ///   ``GuardError/invalid(field:)`` where the record does not follow from those before it.
    public func recordIncident(
        _ record: JSONValue,
        by callers: [Caller],
        context: CallContext
    ) throws -> Receipt {
        try exclusively { mutable in
            let state = mutable.state
            let id = try IncidentHead.id(of: record)
            guard record.bytes.count <= Limits.maximumIncidentRecordByteCount else {
                throw GuardError.invalid(field: "record")
            }
            var actors: [Actor] = []
            for caller in callers {
                actors.append(
                    try mutable.authenticator.freshActor(
                        caller,
                        body: Self.incidentBody(record),
                        state: state
                    )
                )
            }
            let signatories = IncidentSignatories(record: record, actors: actors)
            try signatories.check(now: state.clock.now())
            if record["record"] == .int(0), try state.incident(id) != nil {
                throw GuardError.exists(what: "breach case")
            }
            var head = try state.incident(id) ?? IncidentHead(isDrill: record["drill"] == true)
            try head.append(record, at: state.nextIndex)
            var header = try state.header(.breach, by: actors[0], context: context)
            header.action = "incident-\(signatories.event)"
            header.verification = actors[0].method
            header.more = [.init("incident", record)]
            if actors.count == 2 {
                header.more += [
                    .init("second", .string(actors[1].name)),
                    .init("secondCredential", .string(actors[1].credential)),
                ]
            }
            let (index, leaf) = try state.append(header)
            state.setItem(.incident, Array(id.utf8), head.json.bytes)
            try state.commit()
            return Receipt(index: index, leafHash: leaf.bytes)
        }
    }
}

/// Whether those who signed are those who stand in the record, with parts that this vault gives them.
private struct IncidentSignatories {
    let record: JSONValue
    let actors: [Actor]

    var event: String { record["event"]?.string ?? "" }

    /// Steps that anybody may take: nobody waits for an officer to raise the alarm.
    private static let openToAll: Set<String> = ["report", "note", "evidence"]

    func check(now: Instant) throws(GuardError) {
        guard (1...2).contains(actors.count), let people = record["by"]?.array,
            people.count == actors.count, !event.isEmpty
        else { throw .invalid(field: "by") }
        guard Set(actors.map(\.name)).count == actors.count else {
            throw .notPermitted(action: "sign twice")
        }
        guard let time = record["time"]?.string.flatMap({ Instant(rfc3339: $0) }),
            abs(time.microseconds - now.microseconds) <= Authenticator.tolerance
        else { throw .invalid(field: "time") }
        for (person, actor) in zip(people, actors) {
            guard let principal = actor.principal, person["principal"]?.string == actor.name,
                let roles = person["roles"]?.texts,
                Set(roles).isSubset(of: principal.incidentRoles)
            else { throw .notPermitted(action: "sign in this role") }
            guard Self.openToAll.contains(event) || principal.isResponder else {
                throw .notPermitted(action: "breach \(event)")
            }
        }
    }
}

extension Authenticator {
    /// A principal that signed this very request; sessions and the operator are refused.
    mutating func freshActor(
        _ caller: Caller,
        body: JSONValue,
        state: GuardState
    ) throws -> Actor {
        guard case .signed = caller else { throw GuardError.notAuthenticated }
        return try actor(caller, body: body, state: state, allowsOperator: false)
    }
}

extension Limits {
    /// Most bytes of one step's record; larger evidence is named by its hash.
    static let maximumIncidentRecordByteCount = 256 << 10
}
