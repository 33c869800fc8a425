public import VaultCore

extension PatientFacts {
    /// The facts as a value that is written in one way only, for the Guard's log.
    public var encoded: JSONValue { .array(entries.map(\.encoded)) }

    /// Reads what ``encoded`` writes.
    ///
    /// - Parameter value: An array of entries. `nil` comes back where a part is missing, unknown or out
    ///   of place: facts that cannot be read in full are not read at all.
    public init?(encoded value: JSONValue) {
        guard let items = value.array else { return nil }
        self.init()
        for item in items {
            guard let entry = Entry(encoded: item) else { return nil }
            merge(entry)
        }
    }
}

extension PatientFacts.Entry {
    /// The entry as a value that is written in one way only.
    public var encoded: JSONValue {
        [
            "record": .string(origin.description), "version": .int(version),
            "facts": .array(facts.map(\.encoded)),
        ]
    }

    /// Reads what ``encoded`` writes.
    ///
    /// - Parameter value: An object. `nil` comes back where it is not exactly one entry.
    public init?(encoded value: JSONValue) {
        guard value.object?.count == 3,
            let name = value["record"]?.string, let origin = RecordID(name),
            let version = value["version"]?.int, let items = value["facts"]?.array
        else { return nil }
        var facts: [Fact] = []
        for item in items {
            guard let fact = Fact(encoded: item) else { return nil }
            facts.append(fact)
        }
        self.init(origin: origin, version: version, facts: facts)
    }
}

extension Fact {
    /// Members in a fixed order; empty ones are left out.
    var encoded: JSONValue {
        var object = MemberList()
        object["kind"] = .string(kind.rawValue)
        if !isActive { object["active"] = false }
        period.encode(into: &object)
        object["identifiers"] = identifiers.isEmpty ? nil : .strings(identifiers)
        object["parties"] = parties.isEmpty ? nil : .array(parties.map(\.encoded))
        object["codes"] = codes.isEmpty ? nil : .strings(codes.map(\.description))
        object["links"] = links.isEmpty ? nil : .strings(links)
        object["names"] = names.isEmpty ? nil : .strings(names)
        object["birthDate"] = birthDate.map { .string($0) }
        object["deceased"] = deceased.map { .string($0) }
        object["country"] = country.map { .string($0) }
        object["language"] = language.map { .string($0) }
        object["source"] = source.map { .string($0) }
        object["restriction"] = (restriction?.rawValue).map { .string($0) }
        object["evidence"] = (evidence?.rawValue).map { .string($0) }
        return .object(object.members)
    }

    init?(encoded value: JSONValue) {
        guard var rest = MemberList(value), let name = rest.takeText("kind"),
            let kind = FactKind(rawValue: name)
        else { return nil }
        self.init(kind)
        if let active = rest["active"] {
            guard active.bool == false else { return nil }
            isActive = false
            rest["active"] = nil
        }
        period = FactPeriod(taking: &rest)
        guard let identifiers = rest.takeTexts("identifiers"), let codes = rest.takeTexts("codes"),
            let links = rest.takeTexts("links"), let names = rest.takeTexts("names")
        else { return nil }
        self.identifiers = identifiers
        self.links = links
        self.names = names
        for code in codes {
            guard let bar = code.lastIndex(of: "|") else { return nil }
            let value = CodedValue(
                system: String(code[..<bar]),
                code: String(code[code.index(after: bar)...])
            )
            self.codes.append(value)
        }
        for item in rest["parties"]?.array ?? [] {
            guard let party = Party(encoded: item) else { return nil }
            parties.append(party)
        }
        rest["parties"] = nil
        birthDate = rest.takeText("birthDate")
        deceased = rest.takeText("deceased")
        country = rest.takeText("country")
        language = rest.takeText("language")
        source = rest.takeText("source")
        if let text = rest.takeText("restriction") {
            guard let restriction = RestrictionKind(rawValue: text) else { return nil }
            self.restriction = restriction
        }
        if let text = rest.takeText("evidence") {
            guard let evidence = Evidence(rawValue: text) else { return nil }
            self.evidence = evidence
        }
        guard rest.members.isEmpty else { return nil }
    }
}

extension Party {
    var encoded: JSONValue {
        var object = MemberList()
        object["role"] = .string(role.rawValue)
        object["reference"] = reference.map { .string($0) }
        object["identifier"] = identifier.map { .string($0) }
        object["display"] = display.map { .string($0) }
        period.encode(into: &object)
        return .object(object.members)
    }

    init?(encoded value: JSONValue) {
        guard var rest = MemberList(value), let name = rest.takeText("role"),
            let role = Role(rawValue: name)
        else { return nil }
        self.init(
            role: role,
            reference: rest.takeText("reference"),
            identifier: rest.takeText("identifier"),
            display: rest.takeText("display"),
            period: FactPeriod(taking: &rest)
        )
        guard rest.members.isEmpty else { return nil }
    }
}

extension FactPeriod {
    fileprivate func encode(into object: inout MemberList) {
        object["start"] = start.map { .string($0) }
        object["end"] = end.map { .string($0) }
    }

    fileprivate init(taking object: inout MemberList) {
        self.init(start: object.takeText("start"), end: object.takeText("end"))
    }
}

/// Members of an object while they are written or read off one by one.
private struct MemberList {
    var members: [JSONValue.Member] = []

    init() {}

    init?(_ value: JSONValue) {
        guard let members = value.object else { return nil }
        self.members = members
    }

    subscript(_ key: String) -> JSONValue? {
        get { members.first { $0.key == key }?.value }
        set {
            members.removeAll { $0.key == key }
            if let newValue { members.append(JSONValue.Member(key, newValue)) }
        }
    }

    /// Removes a text; what is no text stays and is found by the check for leftovers.
    mutating func takeText(_ key: String) -> String? {
        guard let text = self[key]?.string else { return nil }
        self[key] = nil
        return text
    }

    /// Removes a list of texts; `nil` where it is anything else.
    mutating func takeTexts(_ key: String) -> [String]? {
        guard let value = self[key] else { return [] }
        guard let items = value.array else { return nil }
        let texts = items.compactMap(\.string)
        guard texts.count == items.count else { return nil }
        self[key] = nil
        return texts
    }
}
