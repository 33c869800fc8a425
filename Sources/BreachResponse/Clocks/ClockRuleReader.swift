internal import VaultCore

/// Reads one rule; a member it does not know is an error, because it might be a restriction.
struct ClockRuleReader {
    let file: String
    let home: String
    let jurisdictions: Set<String>
    let authorities: [String: String]

    private static let members: Set<String> = [
        "id", "row", "title", "law", "recipient", "authority", "roles", "homeRoles", "count",
        "threshold", "conditions", "exempt", "start", "period", "hold", "valid_from", "valid_to",
        "unverified", "unverifiedParts", "note",
    ]

    func rule(_ value: JSONValue) throws(BreachResponseError) -> ClockRule {
        guard let id = value["id"]?.string, let row = value["row"]?.int,
            let title = value["title"]?.string, let law = value["law"]?.string
        else { throw bad("a rule has no id, row, title or law") }
        if let strange = value.object?.first(where: { !Self.members.contains($0.key) }) {
            throw bad("`\(id)` has the unknown member `\(strange.key)`")
        }
        let recipient = value["recipient"]?.string.flatMap(NoticeRecipient.init(rawValue:))
        let counting = value["count"]?.string.flatMap(ClockRule.Counting.init(rawValue:))
        guard let recipient, let counting else { throw bad("`\(id)`: recipient or count") }
        guard let from = day(value["valid_from"]),
            (value["valid_to"] == nil) == (day(value["valid_to"]) == nil)
        else { throw bad("`\(id)`: valid_from or valid_to") }
        var authority = authorities
        if let name = value["authority"]?.string { authority = ["*": name] }
        return ClockRule(
            id: id,
            row: row,
            title: title,
            law: law,
            recipient: recipient,
            authority: authority,
            roles: try roles(value["roles"], id),
            homeRoles: try roles(value["homeRoles"], id),
            home: home,
            jurisdictions: jurisdictions,
            counting: counting,
            threshold: try threshold(value["threshold"], id),
            orFlags: try orFlags(value["threshold"]?["or"], id),
            conditions: try conditions(value["conditions"], id),
            exemptions: try exemptions(value["exempt"], id),
            start: try start(value["start"], id),
            period: try period(value["period"], id),
            hold: try hold(value["hold"], id),
            validFrom: from,
            validTo: day(value["valid_to"]),
            isUnverified: value["unverified"]?.bool ?? false,
            unverifiedParts: value["unverifiedParts"]?.stringArray ?? [],
            note: value["note"]?.string
        )
    }

    private func bad(_ reason: String) -> BreachResponseError {
        .badRules(file: file, reason: reason)
    }

    private func day(_ value: JSONValue?) -> CivilDate? {
        guard let text = value?.string, let date = PartialDate(text), date.precision == .day else {
            return nil
        }
        return date.date
    }

    private func names(_ value: JSONValue?, _ place: String) throws(BreachResponseError) -> [String]
    {
        guard let value else { return [] }
        guard let names = value.stringArray, names.count == value.array?.count else {
            throw bad(place)
        }
        return names
    }

    private func roles(
        _ value: JSONValue?,
        _ id: String
    ) throws(BreachResponseError) -> Set<BreachRole> {
        var roles: Set<BreachRole> = []
        for name in try names(value, "`\(id)`: roles") {
            guard let role = BreachRole(name: name) else { throw bad("`\(id)`: role `\(name)`") }
            roles.insert(role)
        }
        return roles
    }

    private func threshold(
        _ value: JSONValue?,
        _ id: String
    ) throws(BreachResponseError) -> ClockRule.Threshold {
        guard let value else { return .atLeast(1) }
        if let number = value["atLeast"]?.int { return .atLeast(number) }
        if let number = value["moreThan"]?.int { return .moreThan(number) }
        if let number = value["lessThan"]?.int { return .lessThan(number) }
        throw bad("`\(id)`: threshold")
    }

    private func orFlags(
        _ value: JSONValue?,
        _ id: String
    ) throws(BreachResponseError) -> [BreachFlag: Bool] {
        var flags: [BreachFlag: Bool] = [:]
        for item in value?.array ?? [] {
            guard let flag = item["flag"]?.string.flatMap(BreachFlag.init(rawValue:)),
                let unknown = item["unknown"]?.bool
            else { throw bad("`\(id)`: threshold.or") }
            flags[flag] = unknown
        }
        return flags
    }

    private func conditions(
        _ value: JSONValue?,
        _ id: String
    ) throws(BreachResponseError) -> [ClockRule.Condition] {
        var found: [ClockRule.Condition] = []
        for item in value?.array ?? [] {
            guard let otherwise = item["else"]?.string else { throw bad("`\(id)`: else") }
            let unknown = item["unknown"]?.bool
            if let flag = item["flag"]?.string.flatMap(BreachFlag.init(rawValue:)), let unknown {
                found.append(.flag(flag, unknown: unknown, otherwise: otherwise))
            } else if item["anyFlag"] != nil, let unknown {
                let any = try names(item["anyFlag"], "`\(id)`: anyFlag")
                let flags = any.compactMap(BreachFlag.init(rawValue:))
                guard flags.count == any.count else { throw bad("`\(id)`: anyFlag") }
                found.append(.anyFlag(flags, unknown: unknown, otherwise: otherwise))
            } else if item["fact"] == .string("trigger"), let unknown {
                let any = try names(item["any"], "`\(id)`: any")
                found.append(.trigger(any, unknown: unknown, otherwise: otherwise))
            } else if item["fact"] == .string("dataKinds"), let unknown {
                let any = try names(item["any"], "`\(id)`: any")
                found.append(.dataKinds(any, unknown: unknown, otherwise: otherwise))
            } else if item["requires"] != nil {
                let rules = try names(item["requires"], "`\(id)`: requires")
                found.append(.requires(rules, otherwise: otherwise))
            } else {
                throw bad("`\(id)`: a condition that nobody knows")
            }
        }
        return found
    }

    private func exemptions(
        _ value: JSONValue?,
        _ id: String
    ) throws(BreachResponseError) -> [ClockRule.Exemption] {
        var found: [ClockRule.Exemption] = []
        for name in try names(value, "`\(id)`: exempt") {
            guard let exemption = ClockRule.Exemption(rawValue: name) else {
                throw bad("`\(id)`: exemption `\(name)`")
            }
            found.append(exemption)
        }
        return found
    }

    private func start(
        _ value: JSONValue?,
        _ id: String
    ) throws(BreachResponseError) -> ClockRule.Start {
        for mode in [ClockRule.Start.Mode.earliest, .latest, .yearEnd] {
            guard let listed = value?[mode.rawValue] else { continue }
            var events: [BreachEvent] = []
            for name in try names(listed, "`\(id)`: start") {
                guard let event = BreachEvent(rawValue: name) else {
                    throw bad("`\(id)`: event `\(name)`")
                }
                events.append(event)
            }
            guard !events.isEmpty else { break }
            return ClockRule.Start(
                mode: mode,
                events: events,
                after: try names(value?["after"], "`\(id)`: after")
            )
        }
        throw bad("`\(id)`: start")
    }

    private func period(
        _ value: JSONValue?,
        _ id: String
    ) throws(BreachResponseError) -> ClockRule.Period {
        let calendar = value?["calendar"]?.string
        if let hours = value?["hours"]?.int { return .hours(hours) }
        if let days = value?["calendarDays"]?.int { return .calendarDays(days) }
        if let days = value?["businessDays"]?.int, let calendar {
            return .businessDays(Int(days), calendar: calendar)
        }
        if let months = value?["months"]?.int { return .months(Int(months)) }
        if let month = value?["month"]?.int, let day = value?["day"]?.int {
            return .annual(month: Int(month), day: Int(day))
        }
        if let words = value?["prompt"]?.string { return .prompt(words) }
        throw bad("`\(id)`: period")
    }

    private func hold(
        _ value: JSONValue?,
        _ id: String
    ) throws(BreachResponseError) -> ClockRule.HoldEffect {
        switch value {
        case nil, .string("none"): return .none
        case .string("delays"): return .delays
        case .string("restarts"): return .restarts
        case let value:
            guard let days = value?["businessDays"]?.int,
                let calendar = value?["calendar"]?.string
            else { throw bad("`\(id)`: hold") }
            return .businessDaysAfter(Int(days), calendar: calendar)
        }
    }
}
