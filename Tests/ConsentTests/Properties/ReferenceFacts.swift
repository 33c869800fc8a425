import Consent

/// A rule as YAML has it, its texts taken out once.
struct ReferenceRule {
    typealias Condition = [(key: String, texts: [String], ages: [String: Int])]

    let layer: String
    let isDeny: Bool
    let countries: [String]?
    let when: Condition
    let unless: [Condition]

    init(_ rule: [String: Any]) {
        layer = rule["layer"] as? String ?? ""
        isDeny = rule["effect"] as? String == "deny"
        countries = rule["jurisdiction"] as? [String]
        when = Self.condition(rule["when"] as? [String: Any] ?? [:])
        unless = (rule["unless"] as? [[String: Any]] ?? []).map(Self.condition)
    }

    private static func condition(_ keys: [String: Any]) -> Condition {
        keys.map { key, value in
            let texts = (value as? [Any] ?? [value]).map { "\($0)" }
            return (key, texts, value as? [String: Int] ?? [:])
        }
    }
}

/// What the facts say.
extension ReferenceQuestion {
    var relationships: Set<String> {
        var found: Set<String> = []
        if world.kind == .patient { found.insert("patient") }
        if world.kind == .clinician, world.isTreating { found.insert("treating") }
        if world.isPart2Member { found.insert("part2-program") }
        if world.kind == .insurer, world.isInsured {
            found.formUnion(["plan-of-claim", "plan-of-coverage"])
        }
        guard world.kind == .family, let relation = world.relation else { return found }
        found.insert("related")
        if relation == "MTH" || relation == "GUARD" { found.insert("parent") }
        if relation == "HPOWATT" || relation == "GUARD" && world.age >= 18
            || relation == "EXCEST" && world.isDeceased
        {
            found.insert("personal-representative")
        }
        return found
    }

    var consentStates: Set<String> {
        let active = world.consents.filter(\.isActive)
        return active.isEmpty
            ? ["none"] : Set(active.map { $0.isMalformed ? "malformed" : "in-force" })
    }

    var emergency: String {
        guard let reason = world.breakGlass else { return "none" }
        let isSound =
            world.kind == .clinician && reason == "unconscious"
            && world.purposes.allSatisfy { ["TREAT", "ETREAT", "BTG"].contains($0) }
        return isSound ? "valid" : "invalid"
    }

    func hasMark(_ mark: String) -> Bool {
        let isOwn = world.kind == .insurer && world.isInsured
        switch mark {
        case "authored-by-requester": return record.author == world.requester
        case "authored-by-requester-organization":
            return world.isPart2Member && record.author == "Organization/part2"
        case "outside-representation":
            return world.scope.map { !$0.contains(record.category) } ?? false
        case "claim-in-question": return isOwn && record.id == "Claim/k1"
        case "billed-by-claim": return isOwn && record.id == "Encounter/e1"
        case "own-coverage": return isOwn && record.id == "Coverage/v1"
        case "self-paid":
            return world.selfPaid.contains(record.id)
                || !world.selfPaid.isEmpty && record.id == "Claim/k1"
        case "minor-controlled": return labels.all.contains("minor-controlled")
        default: preconditionFailure("the oracle does not know `\(mark)`")
        }
    }
}
