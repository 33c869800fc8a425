internal import VaultCore

/// Computes who must be told of a breach, and when at the latest.
///
/// A calendar-day or business-day deadline is the end (23:59:59) of its last day in the zone of the
/// start event; the day of the event does not count; no deadline moves for a weekend or holiday.
/// Hours run around the clock. A bare day starts an hour clock at its midnight. Where a start is not
/// known, an earlier event takes its place and the deadline says so: it can only come too early.
/// What nobody stated never takes a duty away.
public struct BreachClocks: Sendable {
    /// The law, as data.
    public let rules: ClockRuleSet

    /// Takes the law.
    ///
    /// - Parameter rules: From `Policies/jurisdictions`.
    public init(rules: ClockRuleSet) {
        self.rules = rules
    }

    /// All duties that the facts touch.
    ///
    /// - Parameter facts: What is known.
    /// - Returns: Deadlines with reasons, required or not, and what governs.
    public func answer(_ facts: BreachFacts) -> BreachClocksAnswer {
        var found: [BreachDeadline] = []
        var asks: [String: [String]] = [:]
        for id in ruleIDs() {
            let versions = rules.rules.filter { $0.id == id }
            guard let any = versions.first else { continue }
            for jurisdiction in targets(of: any, facts) {
                var test = ClockTest(
                    facts: facts,
                    jurisdiction: jurisdiction,
                    calendars: rules.calendars,
                    earlier: found
                )
                found.append(test.deadline(versions))
                for fact in test.asked { asks[fact, default: []].append(id) }
            }
        }
        let substitute = substitute(for: found, facts)
        if substitute != .none, let letter = found.first(where: Self.isHIPAALetter) {
            found.append(Self.substituteDeadline(letter, facts))
        }
        found = Self.governed(found)
        return BreachClocksAnswer(
            deadlines: found.sorted(by: Self.comesBefore),
            governing: Self.governing(found, facts),
            substitute: substitute,
            asks: asks,
            uncovered: uncovered(facts)
        )
    }

    /// Ids in the order of their last version, so that what a rule refers to stands before it.
    private func ruleIDs() -> [String] {
        var seen: Set<String> = []
        return rules.rules.reversed().filter { seen.insert($0.id).inserted }.map(\.id).reversed()
    }

    private func targets(of rule: ClockRule, _ facts: BreachFacts) -> [String] {
        let bound =
            rule.roles.isEmpty
            ? facts.roles.contains { !$0.isProcessor } : !rule.roles.isDisjoint(with: facts.roles)
        let atHome = !rule.homeRoles.isDisjoint(with: facts.roles)
        guard bound || atHome else { return [] }
        let touched = facts.residents.filter { $0.value > 0 }.map(\.key)
        let named = rule.jurisdictions.intersection(facts.jurisdictions.union(touched))
        switch rule.counting {
        case .everyone: return [rule.home]
        case .eachState: return touched.filter { $0.hasPrefix("US-") }.sorted()
        case .region: return atHome || !named.isEmpty ? [rule.home] : []
        case .each: return (atHome ? named.union([rule.home]) : named).sorted()
        }
    }

    private func uncovered(_ facts: BreachFacts) -> [String] {
        let covered = rules.rules.reduce(into: Set<String>()) { $0.formUnion($1.jurisdictions) }
        return facts.residents.filter { $0.value > 0 && !covered.contains($0.key) }.map(\.key)
            .sorted()
    }
}

extension BreachClocks {
    private static func isHIPAALetter(_ deadline: BreachDeadline) -> Bool {
        deadline.isRequired && ["hipaa-individual", "part2-individual"].contains(deadline.rule.id)
    }

    private func substitute(
        for deadlines: [BreachDeadline],
        _ facts: BreachFacts
    ) -> SubstituteNotice {
        guard facts.badAddresses > 0, deadlines.contains(where: Self.isHIPAALetter) else {
            return .none
        }
        return facts.badAddresses >= SubstituteNotice.pageOrMediaCount ? .pageOrMedia : .alternative
    }

    private static func substituteDeadline(
        _ letter: BreachDeadline,
        _ facts: BreachFacts
    ) -> BreachDeadline {
        var deadline = letter
        deadline.rule.id += "-substitute"
        deadline.rule.recipient = .other
        deadline.rule.law = "45 CFR 164.404(d)(2)"
        deadline.affected = facts.badAddresses
        let many = facts.badAddresses >= SubstituteNotice.pageOrMediaCount
        deadline.rule.title =
            many
            ? "home page for 90 days or major media, and a toll-free number for 90 days"
            : "another written form, telephone or other means"
        deadline.why =
            "\(facts.badAddresses) addresses missing or out of date, "
            + (many ? "10 or more" : "fewer than 10") + "; same time as the letters"
        return deadline
    }

    private static func comesBefore(_ left: BreachDeadline, _ right: BreachDeadline) -> Bool {
        if left.isRequired != right.isRequired { return left.isRequired }
        let last = Instant(microseconds: .max)
        let times = (left.due?.instant ?? last, right.due?.instant ?? last)
        if times.0 != times.1 { return times.0 < times.1 }
        return (left.rule.id, left.jurisdiction) < (right.rule.id, right.jurisdiction)
    }

    private static func governed(_ deadlines: [BreachDeadline]) -> [BreachDeadline] {
        var deadlines = deadlines
        for recipient in NoticeRecipient.allCases {
            let times = deadlines.filter { $0.isRequired && $0.rule.recipient == recipient }
                .compactMap { $0.due?.instant }
            guard let first = times.min() else { continue }
            for index in deadlines.indices
            where deadlines[index].isRequired && deadlines[index].rule.recipient == recipient {
                deadlines[index].governs = deadlines[index].due?.instant == first
            }
        }
        return deadlines
    }

    private static func governing(
        _ deadlines: [BreachDeadline],
        _ facts: BreachFacts
    ) -> [GoverningDeadline] {
        let dated = deadlines.filter { $0.isRequired && $0.due != nil }.sorted(by: comesBefore)
        var found: [GoverningDeadline] = []
        let codes = facts.residents.filter { $0.value > 0 }.map(\.key).sorted()
        for recipient in NoticeRecipient.allCases {
            let all = dated.filter { $0.rule.recipient == recipient }
            found += [governing(all, recipient, "*")].compactMap(\.self)
            for code in codes {
                let theirs = all.filter { applies($0, to: code) }
                found += [governing(theirs, recipient, code)].compactMap(\.self)
            }
        }
        return found
    }

    /// A federal deadline is everybody's; a State's or country's that of its residents.
    private static func applies(_ deadline: BreachDeadline, to code: String) -> Bool {
        switch deadline.rule.counting {
        case .everyone: true
        case .region: deadline.rule.jurisdictions.contains(code)
        case .each, .eachState: deadline.jurisdiction == code
        }
    }

    private static func governing(
        _ sorted: [BreachDeadline],
        _ recipient: NoticeRecipient,
        _ code: String
    ) -> GoverningDeadline? {
        guard let first = sorted.first, let due = first.due else { return nil }
        var why = "the earliest of \(sorted.count)"
        if let next = sorted.first(where: { $0.due?.instant != due.instant }), let later = next.due
        {
            why += "; next is `\(next.rule.id)`, due \(later.rfc3339)"
        }
        return GoverningDeadline(
            recipient: recipient,
            jurisdiction: code,
            rule: first.rule.id,
            due: due,
            why: why
        )
    }
}
