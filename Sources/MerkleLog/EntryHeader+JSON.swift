public import VaultCore

extension EntryHeader {
    /// How an unknown field is written.
    public static let unknown = "unknown"

    /// All fields in the order of ``HeaderField``, then ``more``.
    ///
    /// A member of ``more`` under a fixed name is dropped: a fixed field has one value.
    public var json: JSONValue {
        var members = HeaderField.allCases.map {
            JSONValue.Member($0.rawValue, value(of: $0).json)
        }
        members += freeMembers
        return .object(members)
    }

    /// Appends the text of ``json``, without making it first: every decision writes one.
    func write(into out: inout [UInt8]) {
        for (field, opening) in zip(HeaderField.allCases, HeaderField.openings) {
            out += opening
            value(of: field).write(into: &out)
        }
        for member in freeMembers {
            out.append(0x2C)
            JSONValue.writeString(member.key, into: &out)
            out.append(0x3A)
            member.value.write(into: &out)
        }
        out.append(0x7D)
    }

    private var freeMembers: [JSONValue.Member] {
        more.isEmpty ? [] : more.filter { !HeaderField.names.contains($0.key) }
    }

    /// Reads a header back.
    ///
    /// - Parameter json: An object with every field of ``HeaderField``.
    /// - Throws: ``MerkleLogError/malformedPart`` where a field is missing or of the wrong type.
    public init(_ json: JSONValue) throws(MerkleLogError) {
        guard let members = json.object, let kindName = json["kind"]?.string,
            let kind = EntryKind(name: kindName), let timeText = json["time"]?.string,
            let time = Instant(rfc3339: timeText),
            let automated = json["automated"]?.string.flatMap(Automation.init(rawValue:))
        else { throw .malformedPart }
        self.init(kind: kind, time: time)
        self.automated = automated
        var fields = HeaderReader(members: members)
        try readActor(&fields)
        try readRequest(&fields)
        try readDecision(&fields)
        if members.count > HeaderField.allCases.count {
            more = members.filter { !HeaderField.names.contains($0.key) }
        }
    }

    private mutating func readActor(_ fields: inout HeaderReader) throws(MerkleLogError) {
        actor = try fields.text(.actor)
        actorKind = try fields.text(.actorKind)
        role = try fields.text(.role)
        organization = try fields.text(.organization)
        onBehalfOf = try fields.text(.onBehalfOf)
        authMethod = try fields.text(.authMethod)
        credential = try fields.text(.credential)
        session = try fields.text(.session)
        client = try fields.text(.client)
        sourceAddress = try fields.text(.sourceAddress)
        device = try fields.text(.device)
        recordServer = try fields.text(.recordServer)
        `guard` = try fields.text(.guard)
    }

    private mutating func readRequest(_ fields: inout HeaderReader) throws(MerkleLogError) {
        purpose = try fields.texts(.purpose)
        action = try fields.text(.action)
        scopeAsked = try fields.known(.scopeAsked)
        categories = try fields.texts(.categories)
        origin = try fields.texts(.origin)
    }

    private mutating func readDecision(_ fields: inout HeaderReader) throws(MerkleLogError) {
        if let text = try fields.text(.decision) {
            guard let outcome = Outcome(rawValue: text) else { throw .malformedPart }
            decision = outcome
        }
        rules = try fields.texts(.rules)
        legalBasis = try fields.texts(.legalBasis)
        consent = try fields.consents(.consent)
        policyDigest = try fields.text(.policyDigest)
        reason = try fields.text(.reason)
        breakGlassReason = try fields.text(.breakGlassReason)
        verification = try fields.text(.verification)
        if let value = try fields.known(.accountable) {
            guard let truth = value.bool else { throw .malformedPart }
            accountable = truth
        }
        obligations = try fields.texts(.obligations)
        grant = try fields.text(.grant)
    }

    private func value(of field: HeaderField) -> FieldValue {
        switch field {
        case .kind: .text(kind.name)
        case .time: .text(time.description)
        case .actor: .text(actor)
        case .actorKind: .text(actorKind)
        case .role: .text(role)
        case .organization: .text(organization)
        case .onBehalfOf: .text(onBehalfOf)
        case .authMethod: .text(authMethod)
        case .credential: .text(credential)
        case .session: .text(session)
        case .client: .text(client)
        case .sourceAddress: .text(sourceAddress)
        case .device: .text(device)
        case .recordServer: .text(recordServer)
        case .guard: .text(`guard`)
        case .automated: .text(automated.rawValue)
        case .purpose: .texts(purpose)
        case .action: .text(action)
        case .scopeAsked: scopeAsked.map { .json($0) } ?? .text(nil)
        case .categories: .texts(categories)
        case .origin: .texts(origin)
        case .decision: .text(decision?.rawValue)
        case .rules: .texts(rules)
        case .legalBasis: .texts(legalBasis)
        case .consent: consents
        case .policyDigest: .text(policyDigest)
        case .reason: .text(reason)
        case .breakGlassReason: .text(breakGlassReason)
        case .verification: .text(verification)
        case .accountable: accountable.map { .json(.bool($0)) } ?? .text(nil)
        case .obligations: .texts(obligations)
        case .grant: .text(grant)
        }
    }

    private var consents: FieldValue {
        guard let consent else { return .text(nil) }
        return .json(
            .array(consent.map { ["id": .string($0.id), "version": .string($0.version)] })
        )
    }
}

/// What a header says in one field; `nil` is written as `unknown`.
private enum FieldValue {
    case text(String?)
    case texts([String]?)
    case json(JSONValue)

    var json: JSONValue {
        switch self {
        case .text(let value): .string(value ?? EntryHeader.unknown)
        case .texts(let values): values.map { .strings($0) } ?? .string(EntryHeader.unknown)
        case .json(let value): value
        }
    }

    func write(into out: inout [UInt8]) {
        switch self {
        case .text(let value?): JSONValue.writeString(value, into: &out)
        case .texts(let values?):
            out.append(0x5B)
            for (place, value) in values.enumerated() {
                if place > 0 { out.append(0x2C) }
                JSONValue.writeString(value, into: &out)
            }
            out.append(0x5D)
        case .json(let value): value.write(into: &out)
        case .text(nil), .texts(nil): out += Self.unknown
        }
    }

    private static let unknown = Array("\"\(EntryHeader.unknown)\"".utf8)
}

/// Reads fields that must be there and may be unknown.
private struct HeaderReader {
    private let members: [JSONValue.Member]
    private var next = 0

    init(members: [JSONValue.Member]) { self.members = members }

    mutating func known(_ field: HeaderField) throws(MerkleLogError) -> JSONValue? {
        guard let value = value(of: field) else { throw .malformedPart }
        return value == .string(EntryHeader.unknown) ? nil : value
    }

    /// Looks on from the last field found: headers that we wrote have the order in which we read.
    private mutating func value(of field: HeaderField) -> JSONValue? {
        for step in 0..<members.count {
            let place = (next + step) % members.count
            if members[place].key == field.rawValue {
                next = place + 1
                return members[place].value
            }
        }
        return nil
    }

    mutating func text(_ field: HeaderField) throws(MerkleLogError) -> String? {
        guard let value = try known(field) else { return nil }
        guard let text = value.string else { throw .malformedPart }
        return text
    }

    mutating func texts(_ field: HeaderField) throws(MerkleLogError) -> [String]? {
        guard let value = try known(field) else { return nil }
        guard let items = value.array else { throw .malformedPart }
        let texts = items.compactMap(\.string)
        guard texts.count == items.count else { throw .malformedPart }
        return texts
    }

    mutating func consents(
        _ field: HeaderField
    ) throws(MerkleLogError) -> [EntryHeader.ConsentVersion]? {
        guard let value = try known(field) else { return nil }
        guard let items = value.array else { throw .malformedPart }
        var consents: [EntryHeader.ConsentVersion] = []
        for item in items {
            guard let id = item["id"]?.string, let version = item["version"]?.string
            else { throw .malformedPart }
            consents.append(EntryHeader.ConsentVersion(id: id, version: version))
        }
        return consents
    }
}
