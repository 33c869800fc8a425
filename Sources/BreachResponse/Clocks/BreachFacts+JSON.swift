public import VaultCore

/// Reads facts, and says which members it did not understand.
public struct BreachFactsReader: Sendable {
    /// The facts.
    public private(set) var facts = BreachFacts()
    /// Members that no rule asks for, by name; they changed nothing.
    public private(set) var ignored: [String] = []
    /// Contradictions that make no date impossible, in words; somebody should look again.
    public private(set) var doubts: [String] = []

    /// Reads the facts document of `breach clocks`.
    ///
    /// - Parameters:
    ///   - document: An object with `role`, `events`, `residents` and further members; see
    ///     docs/breach-response.md.
    ///   - codes: The jurisdictions that exist.
    /// - Throws: ``BreachResponseError`` for what is missing, impossible, unknown or out of order.
    public init(_ document: JSONValue, codes: Set<String>) throws(BreachResponseError) {
        guard case .object(let members) = document else { throw Self.bad("role") }
        let zone = try Self.zone(document["zone"])
        for member in members { try read(member.key, member.value, zone: zone, codes: codes) }
        guard !facts.roles.isEmpty else { throw Self.bad("role") }
        guard !facts.events.isEmpty else { throw Self.bad("events") }
        try settleTotal(document["total"])
        try EventOrder.check(facts.events)
        doubts = EventOrder.doubts(facts.events)
    }

    private mutating func read(
        _ key: String,
        _ value: JSONValue,
        zone: Int,
        codes: Set<String>
    ) throws(BreachResponseError) {
        // Null says nothing, like a member left out; a role must be said.
        if value == .null, !key.hasPrefix("role") { return }
        switch key {
        case "role", "roles": try readRoles(value)
        case "part2": if try Self.bool(value, key) { facts.roles.insert(.part2Program) }
        case "events": try readEvents(value, zone: zone)
        case "residents": try readResidents(value, codes: codes)
        case "jurisdictions": try readJurisdictions(value, codes: codes)
        case "secured": try readSecured(value)
        case "exception": try readException(value)
        case "risk": facts.risk = try Self.choice(value, key, what: "risk")
        case "trigger": facts.trigger = try Self.text(value, key)
        case "dataKinds":
            guard let kinds = value.stringArray, kinds.count == value.array?.count else {
                throw Self.bad(key)
            }
            // A misspelt kind would take a duty away that names the kind it was to be.
            for kind in kinds where BreachDataKind(rawValue: kind) == nil {
                throw .unknown(what: "kind of data", name: kind)
            }
            facts.dataKinds = kinds
        case "lawEnforcementHold": if value != .null { facts.hold = try Self.hold(value, zone) }
        case "badAddresses": facts.badAddresses = try Self.count(value, key)
        case "entity":
            guard let members = value.object else { throw Self.bad(key) }
            for member in members { try readFlag(member.key, member.value) }
        case "zone", "total": break
        default: try readClaimOrFlag(key, value)
        }
    }

    private mutating func readRoles(_ value: JSONValue) throws(BreachResponseError) {
        guard let names = value.string.map({ [$0] }) ?? value.stringArray, !names.isEmpty,
            names.count == value.array?.count ?? 1
        else { throw Self.bad("role") }
        for name in names {
            guard let role = BreachRole(name: name) else {
                throw .unknown(what: "role", name: name)
            }
            facts.roles.insert(role)
        }
    }

    private mutating func readEvents(
        _ value: JSONValue,
        zone: Int
    ) throws(BreachResponseError) {
        guard let members = value.object else { throw Self.bad("events") }
        for member in members {
            guard let event = BreachEvent(name: member.key) else {
                throw .unknown(what: "event", name: member.key)
            }
            if member.value == .null { continue }
            guard let text = member.value.string, let time = ZonedTime(text, zone: zone) else {
                throw .impossibleDate(event: member.key)
            }
            guard facts.events.updateValue(time, forKey: event) == nil else {
                throw Self.bad("events.\(member.key)")
            }
        }
    }

    private mutating func readResidents(
        _ value: JSONValue,
        codes: Set<String>
    ) throws(BreachResponseError) {
        guard let members = value.object else { throw Self.bad("residents") }
        for member in members {
            guard codes.contains(member.key) else {
                throw .unknown(what: "jurisdiction", name: member.key)
            }
            facts.residents[member.key] = try Self.count(
                member.value,
                "residents.\(member.key)"
            )
        }
    }

    private mutating func readJurisdictions(
        _ value: JSONValue,
        codes: Set<String>
    ) throws(BreachResponseError) {
        guard let names = value.stringArray, names.count == value.array?.count else {
            throw Self.bad("jurisdictions")
        }
        for name in names {
            guard codes.contains(name) else { throw .unknown(what: "jurisdiction", name: name) }
            facts.jurisdictions.insert(name)
        }
    }

    private mutating func readSecured(_ value: JSONValue) throws(BreachResponseError) {
        guard let members = value.object else { throw Self.bad("secured") }
        for member in members where member.value != .null {
            switch member.key {
            case "encrypted": facts.encrypted = try Self.bool(member.value, "secured.encrypted")
            case "keysTaken": facts.keysTaken = try Self.bool(member.value, "secured.keysTaken")
            case "sessionTaken":
                facts.sessionTaken = try Self.bool(member.value, "secured.sessionTaken")
            default: ignored.append("secured.\(member.key)")
            }
        }
    }

    private mutating func readException(_ value: JSONValue) throws(BreachResponseError) {
        if value == .null || value == .bool(false) || value == .string("none") { return }
        let name = value.string ?? value["kind"]?.string
        guard let name else { throw Self.bad("exception") }
        guard let exception = BreachFacts.Exception(rawValue: name) else {
            throw .unknown(what: "exception", name: name)
        }
        facts.exception = exception
        facts.claims[.exception] = BreachFacts.Claim(
            isMade: true,
            evidence: value["evidence"]?.stringArray
        )
    }

    private mutating func readClaimOrFlag(
        _ key: String,
        _ value: JSONValue
    ) throws(BreachResponseError) {
        guard let kind = BreachFacts.Claim.Kind(rawValue: key) else {
            return try readFlag(key, value)
        }
        if value == .null { return }
        if let made = value.bool {
            facts.claims[kind] = BreachFacts.Claim(isMade: made)
        } else if let evidence = value["evidence"]?.stringArray {
            let made = value["found"]?.bool ?? true
            facts.claims[kind] = BreachFacts.Claim(isMade: made, evidence: evidence)
        } else {
            throw Self.bad(key)
        }
    }

    private mutating func readFlag(
        _ key: String,
        _ value: JSONValue
    ) throws(BreachResponseError) {
        guard let flag = BreachFlag(rawValue: key) else {
            ignored.append(key)
            return
        }
        if value != .null { facts.flags[flag] = try Self.bool(value, key) }
    }

    private mutating func settleTotal(_ value: JSONValue?) throws(BreachResponseError) {
        let counted = facts.residents.values.reduce(0, +)
        if let value, value != .null {
            let total = try Self.count(value, "total")
            guard total >= counted else { throw Self.bad("total") }
            facts.total = total
        } else if !facts.residents.isEmpty {
            facts.total = counted
        }
    }
}

extension BreachFactsReader {
    static func bad(_ member: String) -> BreachResponseError {
        .malformed(document: "facts", member: member)
    }

    /// More people than live on earth is a slip of the pen; also keeps every sum in range.
    private static func count(
        _ value: JSONValue,
        _ key: String
    ) throws(BreachResponseError) -> Int64 {
        guard let number = value.int, (0...10_000_000_000).contains(number) else {
            throw bad(key)
        }
        return number
    }

    private static func bool(_ value: JSONValue, _ key: String) throws(BreachResponseError) -> Bool
    {
        guard let bool = value.bool else { throw bad(key) }
        return bool
    }

    private static func text(
        _ value: JSONValue,
        _ key: String
    ) throws(BreachResponseError) -> String {
        guard let text = value.string else { throw bad(key) }
        return text
    }

    private static func choice<Choice: RawRepresentable<String>>(
        _ value: JSONValue,
        _ key: String,
        what: String
    ) throws(BreachResponseError) -> Choice {
        let name = try text(value, key)
        guard let choice = Choice(rawValue: name) else { throw .unknown(what: what, name: name) }
        return choice
    }

    private static func zone(_ value: JSONValue?) throws(BreachResponseError) -> Int {
        guard let value else { return 0 }
        guard let text = value.string, let zone = ZonedTime.zone(text) else { throw bad("zone") }
        return zone
    }

    private static func hold(
        _ value: JSONValue,
        _ zone: Int
    ) throws(BreachResponseError) -> LawEnforcementHold {
        func time(_ key: String) throws(BreachResponseError) -> ZonedTime? {
            guard let member = value[key], member != .null else { return nil }
            guard let text = member.string, let time = ZonedTime(text, zone: zone) else {
                throw .impossibleDate(event: "lawEnforcementHold.\(key)")
            }
            return time
        }
        guard value.object != nil else { throw bad("lawEnforcementHold") }
        var form = LawEnforcementHold.Form.written
        if let named = value["form"] {
            form = try choice(named, "lawEnforcementHold.form", what: "form")
        } else if value["oral"] == .bool(true) || value["written"] == .bool(false) {
            form = .oral
        }
        let hold = LawEnforcementHold(
            form: form,
            statement: try time("statementDate"),
            until: try time("until")
        )
        guard hold.end != nil else { throw bad("lawEnforcementHold.statementDate") }
        if let said = hold.statement, let until = hold.until, until.latest < said.instant {
            throw .outOfOrder(
                earlier: "lawEnforcementHold.statementDate",
                later: "lawEnforcementHold.until"
            )
        }
        return hold
    }
}
