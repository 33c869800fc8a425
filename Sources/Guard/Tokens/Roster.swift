internal import Consent
internal import MerkleLog
public import VaultCore

/// The members of a Group as a client was given them: whom an export of that Group asks about.
///
/// Pseudonyms only: whoever reads the client's registration in the log learns how many, not who.
public struct Roster: Sendable, Hashable {
    /// The Group's id, as the client names it.
    public let group: FHIRID
    /// Its members, each once, in the order given.
    public let members: [PatientPseudonym]

    /// Most members of one roster.
    public static let maximumCount = 50_000

    /// The roster as a client's registration has it: members as one text in base64.
    var json: JSONValue {
        [
            "group": .string(group.text),
            "members": .string(Base64.encode(members.flatMap(\.bytes))),
        ]
    }

    init(group: FHIRID, members: [PatientPseudonym]) {
        self.group = group
        self.members = members
    }

    init?(json: JSONValue) {
        guard let group = json["group"]?.string.flatMap({ FHIRID($0) }),
            let bytes = json["members"]?.string.flatMap({ Base64.decode($0) }),
            bytes.count.isMultiple(of: 16)
        else { return nil }
        let members = stride(from: 0, to: bytes.count, by: 16).compactMap {
            PatientPseudonym(bytes: bytes[$0..<$0 + 16])
        }
        guard members.count * 16 == bytes.count else { return nil }
        self.init(group: group, members: members)
    }
}

extension GuardRequest {
    /// Signed for ``GuardService/state(rosterOf:members:for:by:context:)``.
    ///
    /// - Parameters:
    ///   - group: The Group's id.
    ///   - members: As they are named.
    ///   - client: The client's id.
    /// - Returns: The request in its one form.
    public static func roster(
        of group: FHIRID,
        members: [PatientDesignation],
        for client: String
    ) -> JSONValue {
        [
            "kind": "roster", "group": .string(group.text), "client": .string(client),
            "members": .array(members.map(\.json)),
        ]
    }
}

extension GuardCore {
    /// Gives a client the members of a Group, instead of those it was given before; none takes the Group away.
    ///
    /// A roster permits nothing: it says whom an export of the Group asks about, and each of them is decided as
    /// ever.
    ///
    /// - Parameters:
    ///   - group: The Group's id.
    ///   - members: By id also those whom the vault does not know yet; by an identifier only those it knows.
    ///   - client: A registered client's id.
    ///   - caller: An administrator or the operator.
    ///   - context: Where the call came from.
    /// - Returns: How many members the roster has now.
    /// - Throws: ``GuardError/unknown(what:)``, ``GuardError/invalid(field:)`` and other ``Failure``s.
    public func state(
        rosterOf group: FHIRID,
        members: [PatientDesignation],
        for client: String,
        by caller: Caller,
        context: CallContext
    ) throws -> Int {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: GuardRequest.roster(of: group, members: members, for: client),
                state: state,
                allowsOperator: true
            )
            try actor.require([.administrator], action: "give a client a roster")
            guard members.count <= Roster.maximumCount else {
                throw GuardError.invalid(field: "members")
            }
            guard var known = try state.client(client) else {
                throw GuardError.unknown(what: "client")
            }
            var seen: Set<PatientPseudonym> = []
            let found = try members.compactMap { try state.pseudonym(of: $0) }
                .filter { seen.insert($0).inserted }
            known.rosters.removeAll { $0.group == group }
            if !found.isEmpty { known.rosters.append(Roster(group: group, members: found)) }
            try state.write(known, action: "state-roster", by: actor, context: context)
            return found.count
        }
    }

    /// The members of a Group, where the caller's client was given them.
    ///
    /// - Parameters:
    ///   - group: The Group's id.
    ///   - caller: A token; nobody else has a client.
    /// - Returns: Pseudonyms; `nil` where this client has no such roster.
    /// - Throws: ``GuardError/notAuthenticated`` and other ``Failure``s.
    public func roster(of group: FHIRID, by caller: Caller) throws -> [PatientPseudonym]? {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "roster", "group": .string(group.text)],
                state: state,
                allowsOperator: false
            )
            guard let token = actor.token, let client = try state.client(token.client),
                !client.isDisabled
            else { return nil }
            return client.rosters.first { $0.group == group }?.members
        }
    }
}
