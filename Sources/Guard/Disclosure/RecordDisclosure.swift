public import Consent
internal import MerkleLog
public import VaultCore

extension GuardCore {
    /// Records exactly what one response carries, before it leaves; the grant is checked again.
    ///
    /// - Parameters:
    ///   - grant: A live grant whose manifest was not known when it was given.
    ///   - manifest: Every record and version of the response.
    /// - Returns: The disclosure's entry, durable.
    /// - Throws: ``GuardError/grantEnded`` where the grant has ended, was revoked or the facts that
    ///   decided have changed; then the response may not leave.
    public func recordDisclosure(
        _ grant: Grant,
        carrying manifest: Manifest
    ) throws -> Receipt {
        try exclusively(isDisclosure: true) { mutable in
            let state = mutable.state
            try mutable.tickets.check(grant)
            let live = try Self.stillLive(mutable.grants.live[grant.id], state)
            try Self.check(manifest, against: live, state)
            var header = live.header
            header = EntryHeader(repeating: header, as: .disclosure, time: try state.entryTime())
            let part: JSONValue = [
                "manifest": .string(manifest.description),
                "released": .int(Int64(manifest.items.count)),
                "decision": .string(grant.id.description),
            ]
            let (index, leaf) = try state.append(
                header,
                parts: [GuardState.Part(patient: live.patient, body: part)]
            )
            try state.commit()
            return Receipt(index: index, leafHash: leaf.bytes)
        }
    }

    /// Whether a grant still holds; no key and nothing of a record moves, so no entry is due.
    ///
    /// - Parameter grant: As it was given.
    /// - Returns: `false` where ``recordDisclosure(_:carrying:)`` would say that it has ended.
    /// - Throws: A ``Failure``.
    public func isLive(_ grant: Grant) throws -> Bool {
        try exclusively { mutable in
            do {
                try mutable.tickets.check(grant)
                _ = try Self.stillLive(mutable.grants.live[grant.id], mutable.state)
                return true
            } catch GuardError.grantEnded { return false }
        }
    }

    static func stillLive(
        _ live: GrantTable.Live?,
        _ state: GuardState
    ) throws -> GrantTable.Live {
        guard let live, live.end > state.clock.now(),
            let known = try state.principal(live.principal), !known.isDisabled,
            let patient = try state.patient(live.patient), patient.erasedAt == nil,
            try state.facts(of: live.patient).index == live.factsIndex,
            try state.facts(of: state.ring.pseudonym(of: GuardState.directoryReference)).index
                == live.directoryIndex
        else { throw GuardError.grantEnded }
        return live
    }

    /// A manifest may only name records of the segments whose keys the grant released.
    ///
    /// Of a record that lies there now, older versions too: those that lay in another segment cannot have
    /// been opened, for their keys were not released.
    static func check(
        _ manifest: Manifest,
        against live: GrantTable.Live,
        _ state: GuardState
    ) throws {
        guard let patient = try state.patient(live.patient) else { throw GuardError.grantEnded }
        let catalogue = try state.catalogue(of: live.patient)
        for item in manifest.items {
            guard Int(item.number) < catalogue.items.count else {
                throw GuardError.invalid(field: "manifest")
            }
            let known = catalogue.items[Int(item.number)]
            guard (1...known.version).contains(item.version),
                !known.isDeleted || item.version < known.version,
                live.segments.contains(patient.segments[Int(known.segment)])
            else { throw GuardError.invalid(field: "manifest") }
        }
    }
}

extension EntryHeader {
    /// The decision's header under another kind and time.
    init(repeating decision: EntryHeader, as kind: EntryKind, time: Instant) {
        self = decision
        self.kind = kind
        self.time = time
    }
}

extension GuardCore {
    /// The same question about another patient whom a record names: it leaves only where both permit.
    ///
    /// No key and no fact of the other patient leaves here, so no entry of its own: the response's manifest
    /// is what the log lists.
    ///
    /// - Parameters:
    ///   - record: What the rules can tell about the record.
    ///   - other: The patient whom it names.
    ///   - grant: The live grant under which the record was opened.
    /// - Returns: Whether it may go; `false` where this vault knows no such patient.
    /// - Throws: ``GuardError/grantEnded`` and other ``Failure``s.
    public func permits(
        _ record: RecordAttributes,
        of other: RecordID,
        under grant: Grant
    ) throws -> Bool {
        try exclusively { mutable in
            let state = mutable.state
            try mutable.tickets.check(grant)
            let live = try Self.stillLive(mutable.grants.live[grant.id], state)
            let pseudonym = state.ring.pseudonym(of: other.description)
            guard let patient = try state.patient(pseudonym), patient.erasedAt == nil else {
                return false
            }
            var request = live.request
            request.patient = other
            return DecisionContext(
                request: request,
                facts: try state.facts(of: pseudonym).facts,
                directory: try state.directoryFacts(),
                policies: policies
            ).verdict(for: record).isPermitted
        }
    }
}
