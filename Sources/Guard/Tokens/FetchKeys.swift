internal import MerkleLog
internal import Sealing
internal import Synchronization
internal import VaultCore

extension GuardCore {
    /// Says who fetches keys for this Guard; without one, clients whose keys lie behind a URL prove nothing.
    ///
    /// - Parameter source: In the Guard's own process.
    public func useKeys(from source: any KeySetSource) { keySource.withLock { $0 = source } }

    /// Fetches a client's keys where that is due; the Guard's lock is not held while the network works.
    ///
    /// A set that differs from the one before is an entry in the log before it proves anybody.
    ///
    /// - Parameters:
    ///   - client: Client id, as something unproven names it.
    ///   - keyID: `kid` of the key that is needed.
    /// - Throws: A ``Failure``; a host that does not answer is none.
    func fetchKeys(of client: String, for keyID: String) throws {
        guard let source = keySource.withLock({ $0 }) else { return }
        let due: (location: KeyLocation, holder: WebKey.Holder)? = try exclusively { mutable in
            let now = try mutable.state.entryTime()
            guard let known = try mutable.state.client(client), !known.isDisabled,
                let location = known.keyLocation
            else { return nil }
            let age = mutable.keySets[client] ?? KeySetAge()
            guard age.isDue(now: now, knowsKey: known.keys.contains { $0.id == keyID }) else {
                return nil
            }
            mutable.keySets[client, default: KeySetAge()].tried = now
            return (location, known.keyHolder)
        }
        guard let due, let document = source.keySet(at: due.location),
            let keys = WebKey.set(document, of: due.holder), !keys.isEmpty
        else { return }
        try exclusively { mutable in
            let state = mutable.state
            // Meanwhile an administrator may have said something else.
            guard var known = try state.client(client), !known.isDisabled,
                known.keyLocation == due.location
            else { return }
            if known.keys != keys {
                let before = known.keys
                known.keys = keys
                try state.write(fetched: known, before: before)
            }
            mutable.keySets[client, default: KeySetAge()].fetched = try state.entryTime()
        }
    }

    /// The same for whoever an assertion says that it is from.
    func fetchKeys(for proof: ClientProof) throws {
        guard case .assertion(let text, let audience) = proof,
            let assertion = Assertion(text, audience: audience, now: try incidentTime())
        else { return }
        try fetchKeys(of: assertion.client, for: assertion.keyID)
    }
}

extension GuardState {
    fileprivate func write(fetched client: Client, before: [WebKey]) throws {
        var header = EntryHeader(kind: .principal, time: try entryTime())
        header.actor = client.principal.text
        header.client = client.id
        header.automated = .machine
        header.action = "fetch-client-keys"
        header.more = [
            .init("registration", client.json),
            .init(
                "keysBefore",
                .strings(before.map { Hex.encode(PlainDigest.sha256($0.json.bytes)) })
            ),
        ]
        try append(header)
        setItem(.client, Array(client.id.utf8), client.json.bytes)
        try commit()
    }
}
