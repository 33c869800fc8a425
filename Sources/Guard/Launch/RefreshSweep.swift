internal import MerkleLog
internal import VaultCore

extension GuardCore.Mutable {
    /// Looked at for each that is added: so the table holds few that ended, however many were never shown again.
    private static let lookedAt = 4

    /// Stages the end of refresh tokens that ended by themselves, among the next few in the order of their keys.
    ///
    /// CRASH: the place is lost; the look begins anew.
    mutating func sweepRefreshTokens(now: Instant) throws {
        let keys = try state.storedKeys(
            .refresh,
            after: sweptRefreshToken,
            count: Self.lookedAt
        )
        sweptRefreshToken = keys.count < Self.lookedAt ? nil : keys.last
        // As long as an access token of its kin may live, one that comes twice must still end that.
        let past = now.advanced(by: .zero - TokenFacts.lifetime)
        for key in keys {
            guard let kin = try state.kin(String(decoding: key, as: UTF8.self)),
                let reason = kin.ownEnd(by: past)
            else { continue }
            var header = EntryHeader(kind: .session, time: try state.entryTime())
            header.actor = "guard"
            header.actorKind = "guard"
            header.automated = .machine
            header.onBehalfOf = kin.grant.user.text
            header.client = kin.grant.client
            header.reason = reason
            try state.stageEnd(ofGrant: kin.grant.id, isKept: true, header)
        }
    }
}

extension RefreshKin {
    /// Why it holds no more, whatever became of client, person and consent; `nil` where nothing of itself ends it.
    fileprivate func ownEnd(by now: Instant) -> String? {
        grant.end <= now ? "ended" : isIdle(at: now) ? "idle" : nil
    }
}

extension GuardState {
    /// Stages the end of a grant, and of its refresh token where one is kept.
    func stageEnd(ofGrant id: String, isKept: Bool, _ header: EntryHeader) throws {
        var header = header
        header.action = "end-grant"
        if isKept {
            header.more = [.init("refresh", ["id": .string(id), "digest": .null])]
            setItem(.refresh, Array(id.utf8), nil)
        }
        try append(header)
    }
}
