import Consent
import FHIRModel
import VaultCore
import VaultTestSupport

/// A record of a random world, in the plainest form.
struct RandomRecord {
    var type = "Observation"
    var category = DataCategory.laboratory
    var id = "Observation/o1"
    var codes: [String] = []
    var year: Int?
    var author: String?

    var attributes: RecordAttributes {
        let security = codes.map { code in
            let label = RandomRule.label(code)
            return CodedValue(system: label["system"] ?? "", code: code)
        }
        let time = year.flatMap { PartialDate("\($0)-06-01") }
            .map { ClinicalTime(first: $0, last: $0) }
        let detail = RecordDetail(
            resourceType: type,
            id: RecordID(id),
            securityCodes: security,
            time: time,
            authors: author.map { [$0] } ?? []
        )
        return RecordAttributes(
            category: category,
            labels: RecordReader.sourceLabels(of: detail),
            detail: detail
        )
    }
}

/// Draws random worlds and records, rich in what rules can tell apart.
struct RandomMaker {
    var random: SeededRandom

    mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: 0..<values.count, using: &random)]
    }

    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }

    static let purposes = [
        "TREAT", "TREAT", "ETREAT", "BTG", "HPAYMT", "HOPERAT", "HRESCH", "PATRQT", "FAMRQT",
        "PWATRNY", "HLEGAL", "PUBHLTH", "COVERAGE", "HCOMPL", "HMARKT", "NONSENSE",
    ]
    static let codes = [
        "N", "R", "V", "PSY", "HIV", "SUD", "ETHUD", "SEX", "GDIS", "42CFRPart2", "PSYTHPN",
        "ADOL", "SDV", "STD", "PRS", "unclassified", "sud-counselling-notes",
    ]

    mutating func world() -> RandomWorld {
        var world = RandomWorld()
        world.kind = pick(RequesterKind.allCases)
        if chance(40) { world.kind = pick([.clinician, .family, .insurer, .patient]) }
        world.purposes = [pick(chance(60) ? usual(world.kind) : Self.purposes)]
        if chance(10) { world.purposes.append(pick(Self.purposes)) }
        if chance(3) { world.purposes = [] }
        if chance(5) { world.action = .write }
        if chance(world.kind == .clinician ? 20 : 3) {
            world.breakGlass = pick(["unconscious", "unconscious", "curious"])
        }
        for item in Evidence.allCases where chance(15) { world.evidence.append(item) }
        world.isTreating = chance(40)
        world.relation = chance(60) ? pick(["MTH", "DAUC", "HPOWATT", "GUARD", "EXCEST"]) : nil
        world.birthYear = pick([1970, 2009, 2011, 2013, 2020])
        world.isInsured = !chance(20)
        if chance(15) { world.roles = [pick(["life", "employer", "other-institution"])] }
        world.isDeceased = chance(15)
        world.country = pick(["US", "US", "NO", "KR", "BR"])
        let count = pick([0, 0, 1, 1, 2, 3])
        for _ in 0..<count { world.consents.append(consent(world.requester)) }
        if chance(10) { world.selfPaid = [pick(["Claim/k1", "Encounter/e1"])] }
        world.isPart2Member = chance(10)
        if chance(10) { world.scope = [pick([.laboratory, .billing]), .visits] }
        return world
    }

    /// What a kind asks for when it asks for what it may ask for.
    private func usual(_ kind: RequesterKind) -> [String] {
        switch kind {
        case .clinician: ["TREAT", "TREAT", "ETREAT", "HPAYMT", "HOPERAT"]
        case .family: ["FAMRQT", "PWATRNY"]
        case .insurer: ["HPAYMT", "COVERAGE"]
        case .patient, .integration: ["PATRQT"]
        case .researcher: ["HRESCH"]
        case .publicHealth: ["PUBHLTH"]
        case .lawEnforcement, .court: ["HLEGAL"]
        case .oversight, .privacyOfficer: ["HCOMPL"]
        default: ["HOPERAT", "HPAYMT"]
        }
    }

    mutating func consent(_ requester: String) -> RandomConsent {
        RandomConsent(
            isActive: !chance(10),
            isMalformed: chance(3),
            root: rule(requester, depth: 0)
        )
    }

    mutating func rule(_ requester: String, depth: Int) -> RandomRule {
        var rule = RandomRule()
        rule.permits = chance(60)
        if chance(35) { rule.actor = pick([requester, "Practitioner/other"]) }
        if chance(50) {
            rule.purposes = [pick(Self.purposes)]
            if chance(40) { rule.purposes?.append(pick(Self.purposes)) }
        }
        if chance(35) {
            rule.labels = [pick(Self.codes)]
            if chance(40) { rule.labels?.append(pick(Self.codes)) }
        }
        if chance(20) { rule.type = pick(["Observation", "Claim", "Encounter"]) }
        if chance(15) { rule.period = pick([(2000, 2020), (2021, 2030)]) }
        if chance(10) { rule.author = pick([requester, "Practitioner/other"]) }
        if chance(10) { rule.item = pick(["Observation/o1", "Claim/k1", "Encounter/e1"]) }
        if depth < 3 {
            for _ in 0..<pick([0, 0, 1, 1, 2]) {
                rule.nested.append(self.rule(requester, depth: depth + 1))
            }
        }
        return rule
    }

    mutating func record(_ requester: String) -> RandomRecord {
        var record = RandomRecord()
        (record.type, record.category, record.id) = pick([
            ("Observation", DataCategory.laboratory, "Observation/o1"),
            ("Observation", .vitalSigns, "Observation/o2"), ("Claim", .billing, "Claim/k1"),
            ("Claim", .billing, "Claim/k2"), ("Encounter", .visits, "Encounter/e1"),
            ("Condition", .conditions, "Condition/d1"), ("Coverage", .coverage, "Coverage/v1"),
            ("DocumentReference", .notes, "DocumentReference/n1"),
            ("Appointment", .appointments, "Appointment/a1"), ("Consent", .consents, "Consent/z"),
            ("Patient", .demographics, "Patient/p"),
        ])
        for _ in 0..<pick([0, 0, 1, 1, 2]) { record.codes.append(pick(Self.codes)) }
        record.year = chance(80) ? pick([2010, 2025]) : nil
        record.author =
            chance(70) ? pick([requester, "Practitioner/other", "Organization/part2"]) : nil
        return record
    }

    // MARK: towards a rule

    /// A question that some rule of the policies might answer: half of them are drawn towards one rule, so
    /// that every rule is reached.
    mutating func question(_ rules: [[String: Any]]) -> (world: RandomWorld, record: RandomRecord) {
        var world = world()
        var record = self.record(world.requester)
        guard chance(60), !rules.isEmpty else { return (world, record) }
        let rule = pick(rules)
        if let countries = rule["jurisdiction"] as? [String] { world.country = pick(countries) }
        if chance(70) { world.consents = [] }
        steer(rule["when"] as? [String: Any] ?? [:], &world, &record)
        let unless = rule["unless"] as? [[String: Any]] ?? []
        if !unless.isEmpty, chance(40) { steer(pick(unless), &world, &record) }
        if record.author == "Practitioner/r" { record.author = world.requester }
        return (world, record)
    }

    private mutating func steer(
        _ condition: [String: Any],
        _ world: inout RandomWorld,
        _ record: inout RandomRecord
    ) {
        // What wipes labels comes first, and a consent last, for it names what the others drew.
        let ranks = ["label_none": 0, "consent_names_label": 2]
        let keys = condition.sorted {
            (ranks[$0.key] ?? 1, $0.key) < (ranks[$1.key] ?? 1, $1.key)
        }
        for (key, value) in keys {
            let texts = (value as? [Any] ?? [value]).map { "\($0)" }
            switch key {
            case "requester": world.kind = RequesterKind(rawValue: pick(texts)) ?? world.kind
            case "role": world.roles = [pick(texts)]
            case "role_none": world.roles = []
            case "relationship": relate(pick(texts), &world)
            case "purpose": world.purposes = [pick(texts)]
            case "action": world.action = AccessAction(rawValue: pick(texts)) ?? .read
            case "evidence": world.evidence = texts.compactMap { Evidence(rawValue: $0) }
            case "patient_status": world.isDeceased = texts == ["deceased"]
            case "patient_age":
                let bounds = value as? [String: Int] ?? [:]
                let from = bounds["from"] ?? 0
                world.birthYear =
                    2026
                    - Int.random(
                        in: from..<max(from + 1, bounds["under"] ?? from + 40),
                        using: &random
                    )
            case "break_glass": world.breakGlass = texts == ["none"] ? nil : "unconscious"
            case "category":
                record.category = DataCategory(rawValue: pick(texts)) ?? record.category
            case "type": record.type = pick(texts)
            case "label": record.codes = [pick(texts)].compactMap { Labels.code(of: $0) }
            case "label_none": record.codes = chance(70) ? [] : record.codes
            case "record": mark(pick(texts), &world, &record)
            case "consent_names_label":
                let codes = condition["label"] as? [Any] ?? []
                world.consents = [naming(codes.map { "\($0)" }, texts[0], world)]
            default: continue
            }
        }
    }

    private mutating func relate(_ relationship: String, _ world: inout RandomWorld) {
        switch relationship {
        case "patient": world.kind = .patient
        case "treating": world.isTreating = true
        case "parent": world.relation = "MTH"
        case "related": world.relation = pick(["MTH", "DAUC"])
        case "personal-representative": world.relation = "HPOWATT"
        case "part2-program": world.isPart2Member = true
        default: world.isInsured = true
        }
    }

    private mutating func mark(
        _ mark: String,
        _ world: inout RandomWorld,
        _ record: inout RandomRecord
    ) {
        switch mark {
        case "authored-by-requester": record.author = world.requester
        case "outside-representation": world.scope = [.visits]
        case "claim-in-question": (record.type, record.id) = ("Claim", "Claim/k1")
        case "billed-by-claim": (record.type, record.id) = ("Encounter", "Encounter/e1")
        case "own-coverage": (record.type, record.id) = ("Coverage", "Coverage/v1")
        case "self-paid":
            world.selfPaid = ["Claim/k1"]
            (record.type, record.id) = ("Claim", "Claim/k1")
        default: record.codes.append("ADOL")
        }
    }

    /// A consent that names labels, as a rule asks for it.
    private func naming(_ labels: [String], _ how: String, _ world: RandomWorld) -> RandomConsent {
        var rule = RandomRule()
        rule.purposes = world.purposes.isEmpty ? ["TREAT"] : world.purposes
        rule.labels = labels.compactMap { Labels.code(of: $0) }
        if how != "class" { rule.actor = world.requester }
        return RandomConsent(root: rule)
    }
}
