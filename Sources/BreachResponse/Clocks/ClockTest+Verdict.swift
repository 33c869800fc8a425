internal import VaultCore

extension ClockTest {
    struct Verdict {
        var isRequired: Bool
        var reasons: [String]
    }

    mutating func verdict(_ rule: ClockRule, _ count: Int64?) -> Verdict {
        for condition in rule.conditions {
            if let otherwise = failed(condition) { return no(otherwise) }
        }
        let (met, text) = threshold(rule, count)
        guard met else { return no(text) }
        var reasons = [text]
        for exemption in rule.exemptions {
            let (exempt, remark) = test(exemption)
            if exempt { return no(remark ?? exemption.rawValue) }
            if let remark { reasons.append(remark) }
        }
        return Verdict(isRequired: true, reasons: reasons)
    }

    private func no(_ reason: String) -> Verdict {
        Verdict(isRequired: false, reasons: ["not required: \(reason)"])
    }

    private mutating func flag(_ flag: BreachFlag, unknown: Bool) -> Bool {
        if let said = facts.flags[flag] { return said }
        ask(flag.rawValue)
        return unknown
    }

    private mutating func failed(_ condition: ClockRule.Condition) -> String? {
        switch condition {
        case .flag(let name, let unknown, let otherwise):
            return flag(name, unknown: unknown) ? nil : otherwise
        case .anyFlag(let names, let unknown, let otherwise):
            let met = names.map { flag($0, unknown: unknown) }
            return met.contains(true) ? nil : otherwise
        case .trigger(let any, let unknown, let otherwise):
            if facts.trigger == nil { ask("trigger") }
            return facts.trigger.map(any.contains) ?? unknown ? nil : otherwise
        case .dataKinds(let any, let unknown, let otherwise):
            if facts.dataKinds == nil { ask("dataKinds") }
            let met = facts.dataKinds.map { $0.contains(where: any.contains) } ?? unknown
            return met ? nil : otherwise
        case .requires(let rules, let otherwise):
            let met = earlier.contains { rules.contains($0.rule.id) && $0.isRequired }
            return met ? nil : otherwise
        }
    }

    private mutating func threshold(_ rule: ClockRule, _ count: Int64?) -> (Bool, String) {
        let whom =
            switch rule.counting {
            case .everyone: "persons"
            case .each, .eachState, .region: "residents of \(jurisdiction)"
            }
        guard let count else {
            ask("residents")
            if case .lessThan = rule.threshold { return (false, "number of \(whom) not known") }
            return (true, "number of \(whom) not known: treated as enough")
        }
        let number = count == 1 ? "1 of the \(whom)" : "\(count) \(whom)"
        let (met, limit): (Bool, String) =
            switch rule.threshold {
            case .atLeast(let least): (count >= least, "\(least) or more")
            case .moreThan(let most): (count > most, "more than \(most)")
            case .lessThan(let most): (count < most, "fewer than \(most)")
            }
        if met { return (true, limit == "1 or more" ? number : "\(number), \(limit)") }
        for name in rule.orFlags.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard flag(name, unknown: rule.orFlags[name] ?? true) else { continue }
            return (true, "\(number), and `\(name.rawValue)`")
        }
        return (false, "\(number), not \(limit)")
    }

    /// Whether an exemption holds, and what to say either way.
    private mutating func test(_ exemption: ClockRule.Exemption) -> (Bool, String?) {
        switch exemption {
        case .secured:
            switch facts.secured {
            case .yes: return (true, "encrypted, and neither key nor session was taken")
            case .no: return (false, facts.encrypted == true ? "a key or session was taken" : nil)
            case .unknown:
                ask("secured.keysTaken")
                return (false, "encrypted, but nobody said whether a key was taken")
            }
        case .lowProbability:
            return claim(.lowProbability, "documented low probability of compromise")
        case .exception:
            return claim(.exception, "exception \(facts.exception?.rawValue ?? "")")
        case .noAcquisition: return claim(.noAcquisition, "reliable evidence of no acquisition")
        case .noHarm: return claim(.noHarm, "documented finding of no harm")
        case .recovered: return claim(.recovered, "got back or deleted, risk greatly reduced")
        case .remedied: return claim(.remedied, "remedial action removed the harm")
        case .hipaaFollowed: return claim(.hipaaFollowed, "HITECH's own notice is made instead")
        case .internalMisdirected: return claim(.internalMisdirected, "misdirected inside only")
        case .riskUnlikely, .riskNotHigh: return risk(exemption)
        case .harmUnlikely:
            let likely = flag(.significantHarm, unknown: true)
            return (!likely, likely ? nil : "significant harm is not likely")
        }
    }

    private func claim(_ kind: BreachFacts.Claim.Kind, _ words: String) -> (Bool, String?) {
        guard let claim = facts.claims[kind], claim.isMade else { return (false, nil) }
        if claim.holds { return (true, "\(words); keep the proof") }
        return (false, "`\(kind.rawValue)` without evidence does not count")
    }

    private mutating func risk(_ exemption: ClockRule.Exemption) -> (Bool, String?) {
        if exemption == .riskNotHigh {
            if facts.secured == .yes { return (true, "unintelligible to whoever got it") }
            guard let risk = facts.risk else {
                ask("risk")
                return (false, "risk not assessed: treated as high")
            }
            return (risk != .high, risk == .high ? "high risk" : "the risk is not high")
        }
        if let risk = facts.risk {
            return (risk == .unlikely, risk == .unlikely ? "a risk is unlikely" : nil)
        }
        if facts.secured == .yes, facts.flags[.backupIntact] == true {
            return (true, "a risk is unlikely: encrypted, key safe, copy intact")
        }
        ask("risk")
        return (false, "risk not assessed: treated as a risk")
    }
}
