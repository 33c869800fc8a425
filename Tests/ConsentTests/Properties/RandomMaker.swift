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
        "ADOL",
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
        world.birthYear = pick([1970, 2012, 2020])
        world.isDeceased = chance(15)
        world.country = pick(["US", "US", "NO", "KR", "BR"])
        let count = pick([0, 0, 1, 1, 2, 3])
        for _ in 0..<count { world.consents.append(consent(world.requester)) }
        if chance(10) { world.selfPaid = [pick(["Claim/k1", "Encounter/e1"])] }
        world.isPart2Member = chance(10)
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
        record.author = chance(70) ? pick([requester, "Practitioner/other"]) : nil
        return record
    }
}
