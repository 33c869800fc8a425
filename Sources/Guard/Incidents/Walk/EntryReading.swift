internal import MerkleLog
internal import VaultCore

/// What one opened entry says to a walk.
struct EntryReading {
    let kind: EntryKind
    let time: Instant
    let isInWindow: Bool
    let from: Instant
    /// Whether it may be a look into the whole log.
    var isSurvey = false
    private var found = WalkDetail()
    private var isDetailed = false
    private var grant: GrantID?
    private var hasGrant = false

    init(kind: EntryKind, time: Instant, isInWindow: Bool, from: Instant) {
        self.kind = kind
        self.time = time
        self.isInWindow = isInWindow
        self.from = from
    }

    /// `nil` where the entry and its parts say all there is.
    var detail: WalkDetail? {
        guard isDetailed || isSurvey else { return nil }
        var detail = found
        detail.isSurvey = isSurvey
        return detail
    }

    /// Whether the entry is told in full.
    var isFull: Bool { found.context != nil }

    // MARK: Header

    mutating func take(_ header: HeaderText, isFull: Bool, _ policyDigest: [UInt8]) {
        if isFull {
            found.context = header.context
            isDetailed = true
        }
        switch kind {
        case .session:
            guard isFull, time.advanced(by: Session.longestLife) > from,
                header[.action].isText("\"open-session\"")
                    || header[.action].isText("\"issue-token\"")
            else { return }
            found.session = header[.actor].json?.string.flatMap { PrincipalID($0) }
        case .principal where header[.action].isText("\"disable\""):
            found.disabled = header[.principal].json?["id"]?.string.flatMap { PrincipalID($0) }
            isDetailed = true
        case .stored:
            found.stored = (header[.intents].json?.integers ?? []).map { UInt64($0) }
            isDetailed = true
        case .decision: takeDecision(header, policyDigest)
        default: break
        }
    }

    private mutating func takeDecision(_ header: HeaderText, _ policyDigest: [UInt8]) {
        hasGrant = header.hasGrant
        if isFull {
            grant = header[.grant].json?.string.flatMap { Hex.decode($0) }
                .flatMap { GrantID(bytes: $0) }
        }
        guard isInWindow else { return }
        if isFull, header[.decision].isText("\"permit\"") {
            let action = header[.action].dropFirst()
            isSurvey = action.starts(with: "audit".utf8) || action.starts(with: "breach".utf8)
        }
        let digest = header[.policyDigest]
        if !header.isUnknown(.policyDigest), !digest.isEqual(to: policyDigest) {
            found.policy = digest.json?.string
            isDetailed = true
        }
    }

    // MARK: Parts

    mutating func take(
        _ members: PartText,
        _ text: UnsafeRawBufferPointer,
        _ part: inout WalkPart
    ) {
        part.count = members[.count].wholeNumber ?? -1
        part.previous = members.previousEntry
        var contents: [WalkContent] = []
        switch kind {
        case .intent: takeIntent(JSONValue(parsing: text), &part, &contents)
        case .decision:
            if isFull {
                if let grant = grant(JSONValue(parsing: text)) { contents.append(grant) }
            } else if !isInWindow, hasGrant, let end = members.grantEnd {
                part.isGrantLive = end > from
            }
            if isInWindow { takeDisclosure(members, &part, &contents) }
        case .disclosure, .breach:
            if isInWindow { takeDisclosure(members, &part, &contents) }
        default: break
        }
        guard isFull else { return }
        if isInWindow, contents.isEmpty { contents = [.other] }
        found.contents.append(contents)
    }

    /// A part whose key has ended says only whose it is.
    mutating func takeClosed() {
        if isFull { found.contents.append(isInWindow ? [.other] : []) }
    }

    /// The grant of a permitted decision, unless it had ended before the window began.
    private func grant(_ body: JSONValue?) -> WalkContent? {
        guard let grant, let names = body?["segments"]?.texts,
            let end = body?["grantEnd"]?.string.flatMap({ Instant(rfc3339: $0) }),
            isInWindow || end > from
        else { return nil }
        return .grant(grant, segments: names, end: end)
    }

    private mutating func takeDisclosure(
        _ members: PartText,
        _ part: inout WalkPart,
        _ contents: inout [WalkContent]
    ) {
        if kind == .breach {
            if !members[.letter].isEmpty { contents.append(.disclosure([])) }
            return
        }
        if kind == .decision, !members[.resealed].isEmpty {
            let items = takeManifest(members[.resealed], &part)
            if isFull { contents.append(.stored(items)) }
        } else if kind == .decision, !members[.found].isEmpty || !members[.read].isEmpty {
            contents.append(.disclosure([]))
        } else if !members[.manifest].isEmpty {
            let items = takeManifest(members[.manifest], &part)
            if isFull { contents.append(.disclosure(items)) }
        }
    }

    /// Notes the highest number; lists the items only where the entry is told in full.
    private func takeManifest(
        _ value: UnsafeRawBufferPointer,
        _ part: inout WalkPart
    ) -> [WalkItem] {
        guard let end = ManifestText.end(of: value) else {
            part.isUnreadable = true
            return []
        }
        part.carried = end
        guard isFull else { return [] }
        guard let manifest = value.json?.string.flatMap({ Manifest($0) }) else {
            part.isUnreadable = true
            return []
        }
        return manifest.items.map { WalkItem(number: $0.number, version: Int64($0.version)) }
    }

    private func takeIntent(
        _ body: JSONValue?,
        _ part: inout WalkPart,
        _ contents: inout [WalkContent]
    ) {
        part.isIntent = true
        part.isRotation = body?["rotation"] != nil
        let rows = body.flatMap { try? IntentPart.rows(of: $0) }
        for record in rows?.records ?? [] where record.id != nil {
            part.named = max(part.named, record.number &+ 1)
        }
        guard isInWindow else { return }
        var items: [WalkItem] = []
        if let rotation = body.flatMap({ try? RotationPart(json: $0) }) {
            items = rotation.rows.map {
                WalkItem(number: $0.number, version: Int64($0.version))
            }
        } else if let rows {
            items = rows.records.map { WalkItem(number: $0.number, version: Int64($0.version)) }
        } else {
            part.isUnreadable = true
        }
        part.carried = items.lazy.map { $0.number &+ 1 }.max() ?? 0
        if isFull { contents.append(.stored(items)) }
    }
}
