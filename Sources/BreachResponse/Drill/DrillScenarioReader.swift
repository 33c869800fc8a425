internal import VaultCore

extension DrillScenario {
    /// Reads a scenario; a member it does not know is an error, because it might be a part of the play.
    ///
    /// - Parameter bytes: The file.
    /// - Throws: ``BreachResponseError`` of kind `badInput` for what is missing, unknown or impossible.
    public init(_ bytes: [UInt8]) throws(BreachResponseError) {
        guard let document = JSONValue(parsing: bytes) else { throw .notJSON(document: "scenario") }
        let reader = DrillReader(document)
        try reader.allow([
            "kind", "scenario", "title", "situation", "seed", "begins", "cast", "groups", "homes",
            "play", "injects", "suspicion", "window", "response", "targets", "facts", "deadlines",
        ])
        guard document["kind"] == "drill" else { throw reader.bad("kind") }
        name = try reader.text("scenario")
        title = try reader.text("title")
        situation = try reader.text("situation")
        seed = try reader.number("seed")
        guard let begins = ZonedTime(try reader.text("begins")), !begins.isDay else {
            throw .impossibleDate(event: "begins")
        }
        self.begins = begins
        cast = try reader.all("cast", Self.actor)
        groups = try reader.all("groups", Self.group)
        homes = try reader.all("homes") { (item: DrillReader) throws(BreachResponseError) in
            (try item.text("code"), try item.text("language"))
        }
        acts = try reader.all("play", Self.act)
        injects = try reader.all("injects") { (item: DrillReader) throws(BreachResponseError) in
            Inject(
                minute: try item.number("at"),
                recipient: try item.text("to"),
                text: try item.text("text")
            )
        }
        guard let suspicion = document["suspicion"], suspicion["kind"]?.string != nil else {
            throw reader.bad("suspicion")
        }
        self.suspicion = suspicion
        let window = DrillReader(document["window"] ?? .null)
        self.window = (try window.number("from"), try window.number("until"))
        response = try Self.minutes(document["response"], "response")
        targets = try Self.minutes(document["targets"], "targets")
        facts = document["facts"]?.object ?? []
        deadlines = try reader.all("deadlines") { (item: DrillReader) throws(BreachResponseError) in
            Deadline(
                rule: try item.text("rule"),
                jurisdiction: try item.text("jurisdiction"),
                due: item.document["due"]?.string
            )
        }
        self.document = document
        try check(reader)
    }

    /// Names must mean something, and every step of the protocol needs its minute.
    private func check(_ reader: DrillReader) throws(BreachResponseError) {
        let actors = Set(cast.map(\.id))
        let names = Set(groups.map(\.name))
        guard !groups.isEmpty, names.count == groups.count, !homes.isEmpty else {
            throw reader.bad("groups")
        }
        guard actors.count == cast.count else { throw reader.bad("cast") }
        for group in groups {
            for who in [group.treatedBy, group.consentTo].compactMap(\.self)
            where !actors.contains(who) {
                throw .unknown(what: "actor", name: who)
            }
        }
        var last = Int64.min
        for act in acts {
            guard act.minute >= last else { throw reader.bad("play") }
            last = act.minute
            guard actors.contains(act.who) else { throw .unknown(what: "actor", name: act.who) }
            if act.kind == .openSession {
                guard act.session != nil else { throw reader.bad("play.session") }
            } else {
                guard let group = act.group, names.contains(group) else {
                    throw .unknown(what: "group", name: act.group ?? "")
                }
            }
        }
        guard window.from < window.until else { throw .badWindow }
        for event in Self.steps where response[event] == nil {
            throw reader.bad("response.\(event.rawValue)")
        }
    }

    /// The steps of a full case, in order.
    public static let steps: [IncidentEvent] = [
        .report, .triage, .declare, .contain, .preserve, .scope, .assess, .decide, .notify,
        .reportOut, .remediate, .close,
    ]

    private static func actor(_ item: DrillReader) throws(BreachResponseError) -> Actor {
        try item.allow(["id", "name", "kind", "fhir", "organization", "roles"])
        return Actor(
            id: try item.text("id"),
            name: try item.text("name"),
            kind: try item.text("kind"),
            reference: item.document["fhir"]?.string,
            organization: item.document["organization"]?.string,
            roles: item.document["roles"]?.stringArray ?? []
        )
    }

    private static func group(_ item: DrillReader) throws(BreachResponseError) -> Group {
        try item.allow([
            "name", "patients", "truth", "treatedBy", "insurer", "consentTo", "carried",
        ])
        let count = try item.number("patients")
        guard (1...10_000).contains(count) else { throw item.bad("patients") }
        let set = try item.text("truth")
        guard let truth = DrillSet(rawValue: set) else { throw .unknown(what: "set", name: set) }
        return Group(
            name: try item.text("name"),
            count: Int(count),
            truth: truth,
            treatedBy: item.document["treatedBy"]?.string,
            insurer: item.document["insurer"]?.string,
            consentTo: item.document["consentTo"]?.string,
            carried: item.document["carried"]?.stringArray ?? []
        )
    }

    private static func act(_ item: DrillReader) throws(BreachResponseError) -> Act {
        try item.allow([
            "at", "who", "do", "group", "purpose", "session", "device", "server", "categories",
            "breakGlass", "claim", "machine", "refused",
        ])
        let name = try item.text("do")
        guard let kind = Act.Kind(rawValue: name) else { throw .unknown(what: "act", name: name) }
        return Act(
            minute: try item.number("at"),
            who: try item.text("who"),
            kind: kind,
            group: item.document["group"]?.string,
            purpose: item.document["purpose"]?.string ?? "TREAT",
            session: item.document["session"]?.string,
            device: try item.text("device"),
            server: item.document["server"]?.string ?? "records-1",
            categories: item.document["categories"]?.stringArray ?? [],
            breakGlass: item.document["breakGlass"]?.string,
            namesClaim: item.document["claim"]?.bool ?? false,
            isMachine: item.document["machine"]?.bool ?? false,
            isRefused: item.document["refused"]?.bool ?? false
        )
    }

    private static func minutes<Key: RawRepresentable<String>>(
        _ value: JSONValue?,
        _ place: String
    ) throws(BreachResponseError) -> [Key: Int64] {
        guard let members = value?.object else {
            throw .malformed(document: "scenario", member: place)
        }
        var found: [Key: Int64] = [:]
        for member in members {
            guard let key = Key(rawValue: member.key), let minute = member.value.int else {
                throw .malformed(document: "scenario", member: "\(place).\(member.key)")
            }
            found[key] = minute
        }
        return found
    }
}

/// Reads members of one object of a scenario.
struct DrillReader {
    let document: JSONValue

    init(_ document: JSONValue) { self.document = document }

    func bad(_ member: String) -> BreachResponseError {
        .malformed(document: "scenario", member: member)
    }

    func allow(_ names: Set<String>) throws(BreachResponseError) {
        guard let members = document.object else { throw bad("scenario") }
        for member in members where !names.contains(member.key) {
            throw .unknown(what: "member", name: member.key)
        }
    }

    func text(_ name: String) throws(BreachResponseError) -> String {
        guard let text = document[name]?.string, !text.isEmpty else { throw bad(name) }
        return text
    }

    func number(_ name: String) throws(BreachResponseError) -> Int64 {
        guard let number = document[name]?.int, abs(number) <= 10_000_000 || name == "seed" else {
            throw bad(name)
        }
        return number
    }

    func all<Item>(
        _ name: String,
        _ read: (DrillReader) throws(BreachResponseError) -> Item
    ) throws(BreachResponseError) -> [Item] {
        guard let items = document[name]?.array else { throw bad(name) }
        var found: [Item] = []
        for item in items { found.append(try read(DrillReader(item))) }
        return found
    }
}
