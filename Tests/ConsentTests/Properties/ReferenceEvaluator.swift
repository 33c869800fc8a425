import Consent
import FHIRModel
import VaultCore
import Yams

/// The rules, straight from docs/consent.md and the policy files, slowly and without any shared code.
struct ReferenceEvaluator {
    let rules: [[String: Any]]

    init(_ files: [PolicySet.File]) throws {
        rules = try files.flatMap { file -> [[String: Any]] in
            let content = try Yams.load(yaml: file.text) as? [String: Any] ?? [:]
            return content["rules"] as? [[String: Any]] ?? []
        }
    }

    func decide(_ world: RandomWorld, _ record: RandomRecord) -> (permit: Bool, layer: String) {
        if world.purposes.isEmpty { return (false, "default-deny") }
        let labels = Labels(record.codes)
        for layer in Layer.allCases.map(\.rawValue) {
            if layer == "default-deny" { break }
            let isSelf = world.kind == .patient
            if isSelf, layer != "law-hard", layer != "law-default" { continue }
            var spoken: Set<Bool> = []
            for rule in rules where rule["layer"] as? String == layer {
                if applies(rule, world, record, labels) {
                    spoken.insert(rule["effect"] as? String == "permit")
                }
            }
            if ["patient-absolute", "patient-deny", "patient-permit"].contains(layer) {
                for consent in world.consents where consent.isActive {
                    spoken.formUnion(says(consent, layer, world, record, labels))
                }
            }
            if spoken.contains(false) { return (false, layer) }
            if spoken.contains(true) { return (true, layer) }
            if layer == "patient-permit", isClosed(world, record, labels) { break }
        }
        return (false, "default-deny")
    }

    // MARK: consents

    private func says(
        _ consent: RandomConsent,
        _ layer: String,
        _ world: RandomWorld,
        _ record: RandomRecord,
        _ labels: Labels
    ) -> Set<Bool> {
        if consent.isMalformed { return layer == "patient-deny" ? [false] : [] }
        if layer == "patient-absolute" {
            guard world.breakGlass != nil else { return [] }
            return tree(consent.root, RandomRule(), true, world, record, labels) == false
                ? [false] : []
        }
        let said = tree(consent.root, RandomRule(), false, world, record, labels)
        if layer == "patient-deny" { return said == false ? [false] : [] }
        return said == true ? [true] : []
    }

    /// What the deepest matching rule says; among siblings deny wins.
    private func tree(
        _ rule: RandomRule,
        _ parent: RandomRule,
        _ onlyAbsolute: Bool,
        _ world: RandomWorld,
        _ record: RandomRecord,
        _ labels: Labels
    ) -> Bool? {
        var all = rule
        all.actor = rule.actor ?? parent.actor
        all.purposes = rule.purposes ?? parent.purposes
        all.labels = rule.labels ?? parent.labels
        all.type = rule.type ?? parent.type
        all.period = rule.period ?? parent.period
        if rule.author == nil, rule.item == nil {
            all.author = parent.author
            all.item = parent.item
        }
        let below = rule.nested.compactMap { tree($0, all, onlyAbsolute, world, record, labels) }
        if below.contains(false) { return false }
        if below.contains(true) { return true }
        let isAbsolute = rule.purposes.map { $0.contains("ETREAT") || $0.contains("BTG") } ?? false
        if onlyAbsolute, !rule.permits, !isAbsolute { return nil }
        if rule.permits, world.kind == .insurer, all.actor == nil { return nil }
        guard concerns(all, world), covers(all, world, record, labels) else { return nil }
        return rule.permits
    }

    private func concerns(_ rule: RandomRule, _ world: RandomWorld) -> Bool {
        if let actor = rule.actor {
            if actor != world.requester { return false }
        } else if rule.permits {
            if [.lawEnforcement, .court, .administrator, .securityOfficer].contains(world.kind) {
                return false
            }
            if world.kind == .family, world.relation == nil { return false }
        } else if isRepresentative(world),
            world.purposes.allSatisfy({ ["PWATRNY", "PATRQT"].contains($0) })
        {
            return false
        }
        guard let purposes = rule.purposes else {
            var meant = ["TREAT", "ETREAT", "HPAYMT", "HOPERAT", "HCOMPL", "COVERAGE"]
            if rule.actor != nil { meant += ["PATRQT", "FAMRQT", "PWATRNY"] }
            return !rule.permits || world.purposes.allSatisfy(meant.contains)
        }
        if rule.permits { return world.purposes.allSatisfy(purposes.contains) }
        let isEmergency = world.breakGlass != nil
        return purposes.contains(where: world.purposes.contains)
            || isEmergency && purposes.contains { $0 == "ETREAT" || $0 == "BTG" }
    }

    private func covers(
        _ rule: RandomRule,
        _ world: RandomWorld,
        _ record: RandomRecord,
        _ labels: Labels
    ) -> Bool {
        if rule.permits, world.kind == .family || world.kind == .integration,
            !labels.areNamed(by: rule.labels ?? [])
        {
            return false
        }
        if let type = rule.type, type != record.type { return false }
        if let period = rule.period {
            if let year = record.year {
                if !(period.from...period.to).contains(year) { return false }
            } else if rule.permits {
                return false
            }
        }
        if rule.author != nil || rule.item != nil {
            let isNamed =
                rule.author == record.author && rule.author != nil || rule.item == record.id
            if !isNamed { return false }
        }
        guard let listed = rule.labels else { return true }
        return rule.permits ? labels.arePermitted(by: listed) : labels.areDenied(by: listed)
    }

    /// A typed root permit with purposes closes the default law for records it does not cover.
    private func isClosed(
        _ world: RandomWorld,
        _ record: RandomRecord,
        _ labels: Labels
    ) -> Bool {
        world.consents.contains { consent in
            guard consent.isActive, !consent.isMalformed, consent.root.permits,
                consent.root.purposes != nil, concerns(consent.root, world)
            else { return false }
            var plain = world
            plain.kind = .clinician
            return !covers(consent.root, plain, record, labels)
        }
    }

    /// Whether a consent names labels: recipient and purposes too unless `class`, and nothing else if `separate`.
    private func names(
        _ wanted: Set<String>,
        _ how: String,
        _ world: RandomWorld,
        _ record: RandomRecord,
        _ labels: Labels
    ) -> Bool {
        func search(_ rule: RandomRule, _ parent: RandomRule) -> Bool {
            var all = rule
            all.actor = rule.actor ?? parent.actor
            all.purposes = rule.purposes ?? parent.purposes
            all.labels = rule.labels ?? parent.labels
            all.type = rule.type ?? parent.type
            all.period = rule.period ?? parent.period
            if rule.author == nil, rule.item == nil {
                all.author = parent.author
                all.item = parent.item
            }
            if rule.permits, let purposes = all.purposes, let listed = all.labels,
                how == "class" || all.actor != nil,
                how != "separate" || purposes.count == world.purposes.count,
                concerns(all, world), covers(all, world, record, labels),
                wanted.intersection(labels.topics).isSubset(of: labels.named(by: listed))
            {
                return true
            }
            return rule.nested.contains { search($0, all) }
        }
        return world.consents.contains {
            $0.isActive && !$0.isMalformed && search($0.root, RandomRule())
        }
    }

    // MARK: policy files

    private func applies(
        _ rule: [String: Any],
        _ world: RandomWorld,
        _ record: RandomRecord,
        _ labels: Labels
    ) -> Bool {
        let isDeny = rule["effect"] as? String == "deny"
        if let countries = rule["jurisdiction"] as? [String], !countries.contains(world.country) {
            return false
        }
        let when = rule["when"] as? [String: Any] ?? [:]
        guard holds(when, isDeny, world, record, labels) else { return false }
        let unless = rule["unless"] as? [[String: Any]] ?? []
        return !unless.contains { holds($0, !isDeny, world, record, labels) }
    }

    private func isRepresentative(_ world: RandomWorld) -> Bool {
        guard world.kind == .family, let relation = world.relation else { return false }
        return relation == "HPOWATT" || relation == "GUARD" && world.birthYear < 2000
            || relation == "EXCEST" && world.isDeceased
    }

    private func relationships(_ world: RandomWorld) -> Set<String> {
        var found: Set<String> = []
        if world.kind == .patient { found.insert("patient") }
        if world.kind == .clinician, world.isTreating { found.insert("treating") }
        if world.isPart2Member { found.insert("part2-program") }
        if world.kind == .family, let relation = world.relation {
            found.insert("related")
            if relation == "MTH" || relation == "GUARD" { found.insert("parent") }
            if isRepresentative(world) { found.insert("personal-representative") }
        }
        if world.kind == .insurer { found.formUnion(["plan-of-claim", "plan-of-coverage"]) }
        return found
    }

    private func holds(
        _ condition: [String: Any],
        _ isDeny: Bool,
        _ world: RandomWorld,
        _ record: RandomRecord,
        _ labels: Labels
    ) -> Bool {
        condition.allSatisfy { key, value in
            let texts = (value as? [Any] ?? [value]).map { "\($0)" }
            switch key {
            case "requester": return texts.contains(world.kind.rawValue)
            // Requesters of random worlds have no role.
            case "role": return false
            case "role_none": return true
            case "relationship": return !relationships(world).isDisjoint(with: texts)
            case "purpose":
                return isDeny
                    ? world.purposes.contains(where: texts.contains)
                    : world.purposes.allSatisfy(texts.contains)
            case "action": return texts.contains(world.action.rawValue)
            case "evidence": return world.evidence.contains { texts.contains($0.rawValue) }
            case "patient_status": return (texts == ["deceased"]) == world.isDeceased
            case "patient_age":
                let bounds = value as? [String: Int] ?? [:]
                let age = 2026 - world.birthYear
                return age >= bounds["from"] ?? 0 && age < bounds["under"] ?? 200
            case "break_glass": return texts == [emergency(world)]
            case "category": return texts.contains(record.category.rawValue)
            case "category_none": return !texts.contains(record.category.rawValue)
            case "type": return texts.contains(record.type)
            case "label": return !labels.all.isDisjoint(with: texts)
            case "label_none": return labels.all.isDisjoint(with: texts)
            case "record": return texts.contains { hasMark($0, world, record, labels) }
            case "consent_names_label":
                let wanted = Set((condition["label"] as? [Any] ?? []).map { "\($0)" })
                return names(wanted, texts[0], world, record, labels)
            default: preconditionFailure("the oracle does not know `\(key)`")
            }
        }
    }

    private func emergency(_ world: RandomWorld) -> String {
        guard let reason = world.breakGlass else { return "none" }
        let isSound =
            world.kind == .clinician && reason == "unconscious"
            && world.purposes.allSatisfy { ["TREAT", "ETREAT", "BTG"].contains($0) }
        return isSound ? "valid" : "invalid"
    }

    private func hasMark(
        _ mark: String,
        _ world: RandomWorld,
        _ record: RandomRecord,
        _ labels: Labels
    ) -> Bool {
        switch mark {
        case "authored-by-requester": record.author == world.requester
        case "claim-in-question": world.kind == .insurer && record.id == "Claim/k1"
        case "billed-by-claim": world.kind == .insurer && record.id == "Encounter/e1"
        case "own-coverage": world.kind == .insurer && record.id == "Coverage/v1"
        case "self-paid":
            world.selfPaid.contains(record.id) || !world.selfPaid.isEmpty && record.id == "Claim/k1"
        case "minor-controlled": labels.all.contains("minor-controlled")
        default: preconditionFailure("the oracle does not know `\(mark)`")
        }
    }
}
