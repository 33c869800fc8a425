import Consent
import FHIRModel
import VaultCore
import Yams

/// The rules, straight from docs/consent.md and the policy files, slowly and without any shared code.
struct ReferenceEvaluator {
    /// As YAML has them.
    let rules: [[String: Any]]
    private let read: [ReferenceRule]

    init(_ files: [PolicySet.File]) throws {
        rules = try files.flatMap { file -> [[String: Any]] in
            let content = try Yams.load(yaml: file.text) as? [String: Any] ?? [:]
            return content["rules"] as? [[String: Any]] ?? []
        }
        read = rules.map(ReferenceRule.init)
    }

    func decide(_ world: RandomWorld, _ record: RandomRecord) -> (permit: Bool, layer: String) {
        ReferenceQuestion(world: world, record: record, labels: Labels(record.codes)).answer(read)
    }
}

struct ReferenceQuestion {
    let world: RandomWorld
    let record: RandomRecord
    let labels: Labels

    func answer(_ rules: [ReferenceRule]) -> (permit: Bool, layer: String) {
        if world.purposes.isEmpty { return (false, "default-deny") }
        let isSelf = world.kind == .patient
        for layer in Layer.allCases.map(\.rawValue) where layer != "default-deny" {
            if isSelf, layer != "law-hard", layer != "law-default" { continue }
            var spoken: Set<Bool> = []
            for rule in rules where rule.layer == layer && applies(rule) {
                spoken.insert(!rule.isDeny)
            }
            for consent in world.consents where consent.isActive {
                spoken.formUnion(says(consent, layer))
            }
            if spoken.contains(false) { return (false, layer) }
            if spoken.contains(true) { return (true, layer) }
            if layer == "patient-permit", world.consents.contains(where: closes) { break }
        }
        return (false, "default-deny")
    }

    // MARK: consents

    private func says(_ consent: RandomConsent, _ layer: String) -> Set<Bool> {
        if consent.isMalformed { return layer == "patient-deny" ? [false] : [] }
        let none = RandomRule()
        switch layer {
        case "patient-absolute":
            let isClosed = tree(consent.root, none, onlyAbsolute: true) == false
            return world.breakGlass != nil && isClosed ? [false] : []
        case "patient-deny": return tree(consent.root, none) == false ? [false] : []
        case "patient-permit": return tree(consent.root, none) == true ? [true] : []
        default: return []
        }
    }

    /// What the deepest matching rule says; among siblings deny wins.
    private func tree(_ own: RandomRule, _ parent: RandomRule, onlyAbsolute: Bool = false) -> Bool?
    {
        let rule = own.inheriting(parent)
        let below = own.nested.compactMap { tree($0, rule, onlyAbsolute: onlyAbsolute) }
        if below.contains(false) { return false }
        if below.contains(true) { return true }
        let isAbsolute = own.purposes.map { $0.contains("ETREAT") || $0.contains("BTG") } ?? false
        if onlyAbsolute, !own.permits, !isAbsolute { return nil }
        if own.permits, world.kind == .insurer, rule.actor == nil { return nil }
        return concerns(rule) && covers(rule) ? own.permits : nil
    }

    private func concerns(_ rule: RandomRule) -> Bool {
        if let actor = rule.actor {
            if actor != world.requester { return false }
        } else if rule.permits {
            if [.lawEnforcement, .court, .administrator, .securityOfficer].contains(world.kind) {
                return false
            }
            if world.kind == .family, world.relation == nil { return false }
        } else if relationships.contains("personal-representative"),
            world.purposes.allSatisfy({ ["PWATRNY", "PATRQT"].contains($0) })
        {
            return false
        }
        guard let purposes = rule.purposes else {
            var meant = ["TREAT", "ETREAT", "COC", "CAREMGT", "HPAYMT", "CLMATTCH", "COVAUTH"]
            meant += ["COVERAGE", "ELIGDTRM", "ELIGVER", "REMITADV", "HOPERAT", "PATADMIN"]
            meant += ["PATSFTY", "HQUALIMP", "HACCRED", "HCOMPL", "PERFMSR", "RECORDMGT"]
            if rule.actor != nil { meant += ["PATRQT", "FAMRQT", "PWATRNY", "SUPNWK"] }
            return !rule.permits || world.purposes.allSatisfy(meant.contains)
        }
        if rule.permits { return world.purposes.allSatisfy(purposes.contains) }
        return purposes.contains(where: world.purposes.contains)
            || world.breakGlass != nil && purposes.contains { $0 == "ETREAT" || $0 == "BTG" }
    }

    private func covers(_ rule: RandomRule) -> Bool {
        if rule.permits, world.kind == .family || world.kind == .integration,
            !labels.areNamed(by: rule.labels ?? [])
        {
            return false
        }
        return coversData(rule)
    }

    private func coversData(_ rule: RandomRule) -> Bool {
        if let type = rule.type, type != record.type { return false }
        if let period = rule.period {
            if let year = record.year {
                if !(period.from...period.to).contains(year) { return false }
            } else if rule.permits {
                return false
            }
        }
        if rule.author != nil || rule.item != nil {
            let isBy = rule.author != nil && rule.author == record.author
            if !isBy, rule.item != record.id { return false }
        }
        guard let listed = rule.labels else { return true }
        return rule.permits ? labels.arePermitted(by: listed) : labels.areDenied(by: listed)
    }

    /// A typed root permit with purposes closes the default law for records it does not cover.
    private func closes(_ consent: RandomConsent) -> Bool {
        consent.isActive && !consent.isMalformed && consent.root.permits
            && consent.root.purposes != nil && concerns(consent.root) && !coversData(consent.root)
    }

    /// Whether a rule of a consent names labels: recipient and purposes too unless `class`, and nothing else
    /// if `separate`.
    private func names(
        _ wanted: [String],
        _ how: String,
        _ own: RandomRule,
        _ parent: RandomRule
    ) -> Bool {
        let rule = own.inheriting(parent)
        if own.permits, let purposes = rule.purposes, let listed = rule.labels,
            how == "class" || rule.actor != nil,
            how != "separate" || purposes.count == world.purposes.count, concerns(rule),
            covers(rule), labels.all.intersection(wanted).isSubset(of: labels.named(by: listed))
        {
            return true
        }
        return own.nested.contains { names(wanted, how, $0, rule) }
    }

    // MARK: policy files

    private func applies(_ rule: ReferenceRule) -> Bool {
        rule.countries?.contains(world.country) ?? true
            && holds(rule.when, needsAll: !rule.isDeny)
            && !rule.unless.contains { holds($0, needsAll: rule.isDeny) }
    }

    private func holds(_ condition: ReferenceRule.Condition, needsAll: Bool) -> Bool {
        condition.allSatisfy { key, texts, ages in
            switch key {
            case "requester": return texts.contains(world.kind.rawValue)
            case "role": return world.roles.contains(where: texts.contains)
            case "role_none": return !world.roles.contains(where: texts.contains)
            case "relationship": return !relationships.isDisjoint(with: texts)
            case "relationship_none": return relationships.isDisjoint(with: texts)
            case "purpose":
                return needsAll
                    ? world.purposes.allSatisfy(texts.contains)
                    : world.purposes.contains(where: texts.contains)
            case "action": return texts.contains(world.action.rawValue)
            case "evidence": return world.evidence.contains { texts.contains($0.rawValue) }
            case "patient_status": return (texts == ["deceased"]) == world.isDeceased
            case "patient_age":
                return (ages["from", default: 0]..<ages["under", default: 200]).contains(world.age)
            case "break_glass": return texts == [emergency]
            case "consent": return !consentStates.isDisjoint(with: texts)
            case "category": return texts.contains(record.category.rawValue)
            case "category_none": return !texts.contains(record.category.rawValue)
            case "type": return texts.contains(record.type)
            case "type_none": return !texts.contains(record.type)
            case "label": return !labels.all.isDisjoint(with: texts)
            case "label_none": return labels.all.isDisjoint(with: texts)
            case "record": return texts.contains(where: hasMark)
            case "author": return texts.contains { hasMark("authored-by-\($0)") }
            case "consent_names_label":
                let wanted = condition.first { $0.key == "label" }?.texts ?? []
                return world.consents.contains {
                    $0.isActive && !$0.isMalformed && names(wanted, texts[0], $0.root, RandomRule())
                }
            default: preconditionFailure("the oracle does not know `\(key)`")
            }
        }
    }
}
