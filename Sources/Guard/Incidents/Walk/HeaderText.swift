internal import MerkleLog
internal import VaultCore

/// The members of an entry's header that a walk asks for.
enum HeaderName: Int, MemberName {
    case actor, actorKind, organization, authMethod, session, device, recordServer, `guard`
    case automated, action, decision, policyDigest, grant, principal, intents

    static func named(_ key: UnsafeRawBufferPointer) -> HeaderName? {
        switch key.count {
        case 5:
            key.isText("actor")
                ? .actor
                : key.isText("guard")
                    ? .guard
                    : key.isText("grant") ? .grant : nil
        case 6: key.isText("device") ? .device : key.isText("action") ? .action : nil
        case 7: key.isText("session") ? .session : key.isText("intents") ? .intents : nil
        case 8: key.isText("decision") ? .decision : nil
        case 9:
            key.isText("actorKind")
                ? .actorKind
                : key.isText("automated")
                    ? .automated
                    : key.isText("principal") ? .principal : nil
        case 10: key.isText("authMethod") ? .authMethod : nil
        case 12:
            key.isText("organization")
                ? .organization
                : key.isText("recordServer")
                    ? .recordServer
                    : key.isText("policyDigest") ? .policyDigest : nil
        default: nil
        }
    }
}

typealias HeaderText = PickedMembers<HeaderName>

extension HeaderText {
    /// A text, `unknown` where it is none.
    func text(_ name: HeaderName) -> String { self[name].json?.string ?? EntryHeader.unknown }

    /// Where the entry came from.
    var context: AccessLog.Context {
        AccessLog.Context(
            principal: text(.actor),
            organization: isWithoutOrganization ? "none" : text(.organization),
            session: isWithoutSession ? "none" : text(.session),
            device: text(.device),
            recordServer: text(.recordServer),
            guardHost: text(.guard),
            automation: text(.automated)
        )
    }

    /// The Guard itself knows that there was no session.
    var isWithoutSession: Bool {
        isUnknown(.session)
            && (self[.authMethod].isText("\"ed25519\"")
                || self[.authMethod].isText("\"passphrase\""))
    }

    /// These kinds have no employer.
    var isWithoutOrganization: Bool {
        isUnknown(.organization)
            && (self[.actorKind].isText("\"patient\"") || self[.actorKind].isText("\"family\"")
                || self[.actorKind].isText("\"operator\""))
    }

    func isUnknown(_ name: HeaderName) -> Bool {
        self[name].first != 0x22 || self[name].isText("\"unknown\"")
    }

    /// Whether the entry released keys under a grant.
    var hasGrant: Bool {
        let id = self[.grant]
        return id.count == 34 && !id.isText("\"unknown\"")
    }
}
