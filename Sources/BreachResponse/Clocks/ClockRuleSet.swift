internal import MerkleLog
internal import VaultCore

/// All clock rules with their calendars and the jurisdictions that exist, checked as a whole.
public struct ClockRuleSet: Sendable {
    /// Every version of every rule; a rule stands after all that it refers to.
    public let rules: [ClockRule]
    /// Calendars by id.
    public let calendars: [String: BusinessCalendar]
    /// Codes of jurisdictions that exist, such as `NO`, `US-TX` and `CA-ON`.
    public let codes: Set<String>
    /// SHA-256 over the files (the leaf hash of their names and bytes), so that an answer can say
    /// which law it used.
    public let digest: String

    /// Reads the files of `Policies/jurisdictions`.
    ///
    /// - Parameter files: Names and bytes of all `.json` files of the folder, in any order.
    /// - Throws: ``BreachResponseError/notJSON(document:)`` and
    ///   ``BreachResponseError/badRules(file:reason:)``; nothing is used from a set with an error.
    public init(files: [(name: String, bytes: [UInt8])]) throws(BreachResponseError) {
        var reader = Reader()
        for file in files.sorted(by: { $0.name < $1.name }) {
            guard let document = JSONValue(parsing: file.bytes) else {
                throw .notJSON(document: file.name)
            }
            try reader.read(document, file: file.name)
        }
        rules = try reader.ordered()
        calendars = reader.calendars
        codes = reader.codes
        guard !rules.isEmpty, !codes.isEmpty else {
            throw .badRules(file: "*", reason: "no rules or no codes")
        }
        try Self.check(rules, calendars: calendars, codes: codes)
        digest = Self.digest(of: files)
    }

    private static func digest(of files: [(name: String, bytes: [UInt8])]) -> String {
        let lines = files.sorted { $0.name < $1.name }.map {
            "\($0.name) \(TreeHasher.leafHash($0.bytes).description)\n"
        }
        return TreeHasher.leafHash(Array(lines.joined().utf8)).description
    }

    private static func check(
        _ rules: [ClockRule],
        calendars: [String: BusinessCalendar],
        codes: Set<String>
    ) throws(BreachResponseError) {
        for rule in rules {
            var used: [String] = []
            if case .businessDays(_, let calendar) = rule.period { used.append(calendar) }
            if case .businessDaysAfter(_, let calendar) = rule.hold { used.append(calendar) }
            if let strange = used.first(where: { calendars[$0] == nil }) {
                throw .badRules(file: rule.id, reason: "no calendar `\(strange)`")
            }
            if let strange = rule.jurisdictions.first(where: { !codes.contains($0) }) {
                throw .badRules(file: rule.id, reason: "no jurisdiction `\(strange)`")
            }
            if let end = rule.validTo, end < rule.validFrom {
                throw .badRules(file: rule.id, reason: "valid_to lies before valid_from")
            }
            for other in rules where other.id == rule.id && other != rule {
                guard other.validFrom <= rule.validTo ?? other.validFrom,
                    rule.validFrom <= other.validTo ?? rule.validFrom
                else { continue }
                throw .badRules(file: rule.id, reason: "two versions hold on one day")
            }
        }
    }
}

private struct Reader {
    var rules: [ClockRule] = []
    var calendars: [String: BusinessCalendar] = [:]
    var codes: Set<String> = []

    mutating func read(_ document: JSONValue, file: String) throws(BreachResponseError) {
        switch document["kind"]?.string {
        case "codes":
            codes.formUnion(document["codes"]?.stringArray ?? [])
        case "calendars":
            for item in document["calendars"]?.array ?? [] {
                let calendar = try BusinessCalendar(item, file: file)
                guard calendars.updateValue(calendar, forKey: calendar.id) == nil else {
                    throw .badRules(file: file, reason: "two calendars `\(calendar.id)`")
                }
            }
        case "clocks":
            try readRules(document, file: file)
        default:
            throw .badRules(file: file, reason: "kind is none of clocks, calendars, codes")
        }
    }

    private mutating func readRules(
        _ document: JSONValue,
        file: String
    ) throws(BreachResponseError) {
        guard let prefix = document["prefix"]?.string, let home = document["home"]?.string,
            let jurisdictions = document["jurisdictions"]?.stringArray,
            let items = document["rules"]?.array
        else { throw .badRules(file: file, reason: "prefix, home, jurisdictions or rules") }
        var authorities: [String: String] = [:]
        for member in document["authorities"]?.object ?? [] {
            authorities[member.key] = member.value.string
        }
        let reader = ClockRuleReader(
            file: file,
            home: home,
            jurisdictions: Set(jurisdictions),
            authorities: authorities
        )
        for item in items {
            let rule = try reader.rule(item)
            guard rule.id.hasPrefix(prefix) else {
                throw .badRules(file: file, reason: "`\(rule.id)` does not begin with `\(prefix)`")
            }
            rules.append(rule)
        }
    }

    /// Puts every rule after those it refers to; a circle or a name that is not there is an error.
    func ordered() throws(BreachResponseError) -> [ClockRule] {
        var done: [ClockRule] = []
        var known: Set<String> = []
        var open = rules
        while !open.isEmpty {
            let ready = open.filter { Self.references($0).allSatisfy(known.contains) }
            guard !ready.isEmpty else {
                throw .badRules(
                    file: open[0].id,
                    reason: "refers to itself or to a rule that is not there"
                )
            }
            done += ready
            open.removeAll { Self.references($0).allSatisfy(known.contains) }
            known.formUnion(ready.map(\.id))
        }
        return done
    }

    private static func references(_ rule: ClockRule) -> [String] {
        rule.start.after
            + rule.conditions.flatMap { condition in
                if case .requires(let rules, _) = condition { rules } else { [String]() }
            }
    }
}

extension BusinessCalendar {
    /// Reads `{id, holidays: [{month, day, sunday?, saturday?} | {month, weekday, nth}]}`.
    init(_ value: JSONValue, file: String) throws(BreachResponseError) {
        guard let id = value["id"]?.string, let items = value["holidays"]?.array else {
            throw .badRules(file: file, reason: "a calendar has no id or no holidays")
        }
        var entries: [Entry] = []
        for item in items {
            let since = Int(item["since"]?.int ?? 1)
            if let month = item["month"]?.int, let day = item["day"]?.int {
                let holiday = Holiday.fixed(
                    month: Int(month),
                    day: Int(day),
                    mondayAfterSunday: item["sunday"] == .string("monday"),
                    fridayBeforeSaturday: item["saturday"] == .string("friday")
                )
                entries.append(Entry(holiday: holiday, since: since))
            } else if let month = item["month"]?.int, let weekday = item["weekday"]?.int,
                let nth = item["nth"]?.int, (1...7).contains(weekday)
            {
                let holiday = Holiday.weekday(
                    month: Int(month),
                    weekday: Int(weekday),
                    nth: Int(nth)
                )
                entries.append(Entry(holiday: holiday, since: since))
            } else {
                throw .badRules(file: file, reason: "calendar `\(id)`: a holiday is not readable")
            }
        }
        self.init(id: id, entries: entries)
    }
}
