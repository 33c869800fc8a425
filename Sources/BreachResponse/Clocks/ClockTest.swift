internal import VaultCore

/// Applies the versions of one rule to the facts, for one jurisdiction.
struct ClockTest {
    let facts: BreachFacts
    let jurisdiction: String
    let calendars: [String: BusinessCalendar]
    /// What was found before; holds everything a rule may refer to.
    let earlier: [BreachDeadline]
    /// Facts that nobody stated and that this rule asked for.
    private(set) var asked: [String] = []

    init(
        facts: BreachFacts,
        jurisdiction: String,
        calendars: [String: BusinessCalendar],
        earlier: [BreachDeadline]
    ) {
        self.facts = facts
        self.jurisdiction = jurisdiction
        self.calendars = calendars
        self.earlier = earlier
    }

    /// When a clock starts, and how sure that is.
    struct Beginning {
        var event: String
        var time: ZonedTime?
        var remark: String?
    }

    /// The deadline under the version that is law on the day of the start event.
    mutating func deadline(_ versions: [ClockRule]) -> BreachDeadline {
        let known = earliest(BreachEvent.knowledge)?.time ?? earliest(BreachEvent.allCases)?.time
        let dated = versions.map { rule in
            let beginning = beginning(rule.start)
            return (rule: rule, beginning: beginning, day: (beginning.time ?? known)?.day)
        }
        let valid = dated.first { item in item.day.map { item.rule.isInForce(on: $0) } ?? false }
        // No version is law on that day: show the nearest, as not in force.
        let chosen =
            valid ?? dated.max { distance($0.rule, $0.day) > distance($1.rule, $1.day) }
            ?? dated[0]
        return deadline(chosen.rule, chosen.beginning, isInForce: valid != nil)
    }

    private func distance(_ rule: ClockRule, _ day: CivilDate?) -> Int64 {
        guard let day else { return 0 }
        if day < rule.validFrom { return rule.validFrom.daysSince1970 - day.daysSince1970 }
        return day.daysSince1970 - (rule.validTo ?? day).daysSince1970
    }

    private mutating func deadline(
        _ rule: ClockRule,
        _ beginning: Beginning,
        isInForce: Bool
    ) -> BreachDeadline {
        let count = affected(rule)
        var isRequired = false
        var reasons: [String] = []
        if isInForce {
            let verdict = verdict(rule, count)
            isRequired = verdict.isRequired
            reasons = verdict.reasons
        } else {
            reasons = ["not required: in force \(life(rule))"]
        }
        var due: ZonedTime?
        let startAt = start(rule, beginning)
        if let startAt {
            due = self.due(rule.period, from: startAt)
            reasons.append(periodText(rule, beginning, startAt))
        } else {
            reasons.append("`\(beginning.event)` is not known yet: the clock has not started")
        }
        reasons += [beginning.remark, held(rule, startAt, &due)].compactMap(\.self)
        if rule.isUnverified { reasons.append("rule not confirmed by a human yet") }
        return BreachDeadline(
            rule: rule,
            jurisdiction: jurisdiction,
            affected: count,
            isRequired: isRequired,
            due: due,
            start: beginning.event,
            startAt: startAt,
            isProvisional: beginning.remark != nil,
            why: reasons.joined(separator: "; ")
        )
    }

    private func life(_ rule: ClockRule) -> String {
        "from \(rule.validFrom)" + (rule.validTo.map { " to \($0)" } ?? "")
    }

    private func affected(_ rule: ClockRule) -> Int64? {
        switch rule.counting {
        case .everyone: return facts.total
        case .each, .eachState:
            // Bound by establishment or role, not by residents: everybody counts.
            return facts.residents[jurisdiction] ?? facts.total
        case .region:
            if facts.residents.isEmpty { return nil }
            return facts.residents.filter { rule.jurisdictions.contains($0.key) }
                .values.reduce(0, +)
        }
    }

    mutating func ask(_ fact: String) {
        if !asked.contains(fact) { asked.append(fact) }
    }
}

// MARK: Start

extension ClockTest {
    private func earliest(_ events: [BreachEvent]) -> (event: BreachEvent, time: ZonedTime)? {
        var best: (event: BreachEvent, time: ZonedTime)?
        for event in events {
            guard let time = facts.events[event] else { continue }
            if let found = best, found.time.instant <= time.instant { continue }
            best = (event, time)
        }
        return best
    }

    private func beginning(_ start: ClockRule.Start) -> Beginning {
        let name = start.events.map(\.rawValue).joined(separator: "+")
        switch start.mode {
        case .earliest, .yearEnd:
            if let found = earliest(start.events) {
                return Beginning(event: found.event.rawValue, time: found.time)
            }
        case .latest:
            let times = start.events.compactMap { facts.events[$0] }
            if times.count == start.events.count,
                let last = times.max(by: { $0.instant < $1.instant })
            {
                return Beginning(event: name, time: last)
            }
        }
        return start.after.isEmpty ? substitute(for: name, start) : projected(name, start.after)
    }

    /// An event of ours that has not happened: it happens at the latest at its own deadline.
    private func projected(_ name: String, _ after: [String]) -> Beginning {
        let before = earlier.filter { after.contains($0.rule.id) && $0.isRequired && $0.due != nil }
        let local = before.filter { $0.jurisdiction == jurisdiction }
        let first = (local.isEmpty ? before : local).min {
            ($0.due?.instant ?? Instant(microseconds: .max))
                < ($1.due?.instant ?? Instant(microseconds: .max))
        }
        guard let first, let due = first.due else { return Beginning(event: name) }
        return Beginning(
            event: name,
            time: due,
            remark: "`\(name)` has not happened: projected from the deadline of `\(first.rule.id)`"
        )
    }

    /// A start that nobody stated: the earliest knowledge of it, which cannot be later.
    private func substitute(for name: String, _ start: ClockRule.Start) -> Beginning {
        let partly = start.mode == .latest ? earliest(start.events) : nil
        let found =
            partly ?? earliest(BreachEvent.knowledge) ?? earliest([.shouldHaveKnown, .suspected])
        guard let found else { return Beginning(event: name) }
        return Beginning(
            event: found.event.rawValue,
            time: found.time,
            remark: "`\(name)` is not known: counted from `\(found.event.rawValue)` instead"
        )
    }

    private func start(_ rule: ClockRule, _ beginning: Beginning) -> ZonedTime? {
        guard let time = beginning.time, rule.start.mode == .yearEnd,
            let last = CivilDate(year: time.day.year, month: 12, day: 31)
        else { return beginning.time }
        return ZonedTime(startOf: last, offsetMinutes: time.offsetMinutes, isDay: true)
    }
}

// MARK: Due

extension ClockTest {
    func due(_ period: ClockRule.Period, from start: ZonedTime) -> ZonedTime? {
        let zone = start.offsetMinutes
        switch period {
        case .hours(let hours):
            return start.advanced(by: .seconds(hours * 3600))
        case .calendarDays(let days):
            let last = CivilDate(daysSince1970: start.day.daysSince1970 + days)
            return ZonedTime(endOf: last, offsetMinutes: zone)
        case .businessDays(let days, let calendar):
            return calendars[calendar].map {
                ZonedTime(endOf: $0.day(days, after: start.day), offsetMinutes: zone)
            }
        case .months(let months):
            let month = start.day.year * 12 + start.day.month - 1 + months
            let length = CivilDate.length(ofMonth: month % 12 + 1, year: month / 12)
            let last = CivilDate(
                year: month / 12,
                month: month % 12 + 1,
                day: min(start.day.day, length)
            )
            return last.map { ZonedTime(endOf: $0, offsetMinutes: zone) }
        case .annual(let month, let day):
            let years = [start.day.year, start.day.year + 1]
            let next = years.compactMap { CivilDate(year: $0, month: month, day: day) }
                .first { $0 > start.day }
            return next.map { ZonedTime(endOf: $0, offsetMinutes: zone) }
        case .prompt:
            return nil
        }
    }

    private func periodText(
        _ rule: ClockRule,
        _ beginning: Beginning,
        _ startAt: ZonedTime
    ) -> String {
        let event =
            rule.start.mode == .yearEnd
            ? "the end of the year of `\(beginning.event)`" : "`\(beginning.event)`"
        let from = "from \(event) (\(startAt.isDay ? "\(startAt.day)" : startAt.rfc3339))"
        guard let length = rule.period.length else { return "\(rule.period.unit) \(from)" }
        return "\(length) \(rule.period.unit) \(from)"
    }

    /// Moves the deadline for a law-enforcement hold and says so.
    private func held(
        _ rule: ClockRule,
        _ start: ZonedTime?,
        _ due: inout ZonedTime?
    ) -> String? {
        guard let end = facts.hold?.end, let start, end.instant > start.instant else { return nil }
        var later: ZonedTime?
        switch rule.hold {
        case .none: return "a law-enforcement hold does not stop this notice"
        case .delays: later = end
        case .restarts: later = self.due(rule.period, from: end)
        case .businessDaysAfter(let days, let calendar):
            later = self.due(.businessDays(days, calendar: calendar), from: end)
        }
        if due == nil { return "law-enforcement hold until \(end.rfc3339) delays it" }
        guard let later, let unheld = due, later.instant > unheld.instant else {
            return "law-enforcement hold until \(end.rfc3339) does not move it"
        }
        due = later
        return "law-enforcement hold until \(end.rfc3339) moves it"
    }
}
