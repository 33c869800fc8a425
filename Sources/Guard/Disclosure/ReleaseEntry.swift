internal import Consent
internal import FHIRModel
internal import MerkleLog
internal import VaultCore

/// The log entry of one decision, permitted or denied, with the manifest where that is known already.
struct ReleaseEntry {
    let id: GrantID
    let time: Instant
    let end: Instant
    private let header: EntryHeader
    private let part: JSONValue
    private let question: Question

    init(
        request: ReleaseRequest,
        question: Question,
        actor: Actor,
        policyDigest: String,
        continues emergency: UInt64?,
        state: GuardState
    ) throws {
        self.question = question
        guard let id = GrantID(bytes: state.random.bytes(16)) else {
            throw GuardError.damagedState
        }
        self.id = id
        var header = try state.header(.decision, by: actor, context: request.context)
        time = header.time
        let longest = time.advanced(by: Limits.grantLifetime)
        // Under a token nothing lives longer than the token.
        end = actor.token.map { min(longest, $0.end) } ?? longest
        let decision = question.decision
        header.purpose = request.purposes
        header.action = request.action
        header.scopeAsked = request.scope
        header.decision = question.isPermitted ? .permit : .deny
        header.rules = question.seal.map { ["sealed: \($0)"] } ?? decision.rules.map(\.id)
        header.legalBasis = Array(Set(decision.rules.flatMap(\.basis))).sorted()
        header.consent = decision.consentVersions
        header.policyDigest = policyDigest
        header.breakGlassReason = request.breakGlass?.reason ?? "none"
        header.verification = actor.method
        header.accountable = decision.isAccountable
        header.obligations = decision.obligations.map(\.code)
        header.onBehalfOf = actor.token?.user?.text ?? "none"
        header.categories = Array(
            Set(question.segments.map { $0.segment.category.rawValue })
        ).sorted()
        header.origin = ["vault"]
        header.grant = question.isPermitted ? id.description : "none"
        self.header = header
        var part: JSONValue = [:]
        if question.isPermitted {
            part.set("segments", .strings(question.segments.map(\.segment.name)))
            part.set("grantEnd", .string(end.description))
            if let manifest = question.manifest {
                part.set("manifest", .string(manifest.description))
                part.set("released", .int(Int64(manifest.items.count)))
            }
        }
        if let emergency { part.set("continues", .int(Int64(clamping: emergency))) }
        if let claim = request.claim { part.set("claim", .string(claim)) }
        if let note = request.breakGlass?.note { part.set("note", .string(note)) }
        if !decision.problems.isEmpty { part.set("problems", .strings(decision.problems)) }
        self.part = part
    }

    /// Stages the entry; not durable before the caller commits.
    func write(to state: GuardState) throws -> Receipt {
        let parts = question.subject.map {
            [GuardState.Part(patient: $0.pseudonym, body: part)]
        }
        let (index, leaf) = try state.append(header, parts: parts ?? [])
        return Receipt(index: index, leafHash: leaf.bytes)
    }

    /// What the Guard remembers of the grant until its disclosure entry.
    func live(for principal: PrincipalID, subject: Subject) -> GrantTable.Live {
        GrantTable.Live(
            principal: principal,
            patient: subject.pseudonym,
            factsIndex: subject.facts.index,
            directoryIndex: subject.directoryIndex,
            segments: Set(question.segments.map(\.segment)),
            end: end,
            header: header,
            request: question.context.request
        )
    }
}

extension ReleaseRequest {
    /// What was asked for, without naming anybody: the header is opened to every patient of an entry.
    fileprivate var scope: JSONValue {
        [
            "types": .strings(types), "categories": .strings(categories),
            "record": record.map { .string($0.type) } ?? .null,
            "since": since.map { .string($0.earliest.description) } ?? .null,
            "until": until.map { .string($0.end.description) } ?? .null,
            "claim": .bool(claim != nil),
        ]
    }
}

extension Decision {
    /// The consents among the determining rules; their version is the record's newest at that time.
    fileprivate var consentVersions: [EntryHeader.ConsentVersion] {
        rules.compactMap { rule in
            guard rule.id.hasPrefix("consent:") else { return nil }
            return EntryHeader.ConsentVersion(
                id: String(rule.id.dropFirst("consent:".count)),
                version: "newest"
            )
        }
    }
}
