internal import FHIRModel
internal import VaultCore

/// The finitely many things that the rules can tell apart, each a variable with at most 64 values.
///
/// `Policies/domain.yaml` declares it. Texts of open kinds (roles, organizations, countries, times, ages) come
/// from the rules themselves: what no rule names is `other`, since no rule can tell it from the next.
struct ProofDomain: Sendable {
    /// One fact.
    struct Variable: Sendable {
        let name: String
        let values: [String]
        /// One bit a value.
        var all: UInt64 { values.count == 64 ? .max : 1 << UInt64(values.count) - 1 }
    }

    /// Places of the variables, named as the evaluator reads them.
    struct Places: Sendable {
        var kind = 0
        var purposes: [Int] = []
        var action = 0
        var breakGlass = 0
        var relation = 0
        var isSelf = 0
        var treating = 0
        var part2Program = 0
        var planOfCoverage = 0
        var planOfClaim = 0
        var evidence: [Int] = []
        var roles: [String: Int] = [:]
        var organizations: [String: Int] = [:]
        var country = 0
        var age = 0
        var status = 0
        var day = 0
        var category = 0
        var type = 0
        var labels: [Int] = []
        var marks: [Int] = []
        var times: [PolicyRule.DataTime: Int] = [:]
        var consent = 0
        var said = 0
        var absolute = 0
        var closes = 0
        /// By the labels that must be named.
        var names: [UInt32: Int] = [:]
    }

    private(set) var variables: [Variable] = []
    private(set) var places = Places()
    /// Countries by their place among the values of ``Places/country``.
    private(set) var countries: [String] = []
    private(set) var types: [String] = []
    /// First days of the spans in which no rule begins or ends, ascending; the first is open.
    private(set) var days: [Instant] = []
    /// First year of each age group.
    private(set) var ages: [Int] = []

    /// Values of the purpose variables: every code, then these.
    static let purposeCodes = PurposeSet.codes.filter(PurposeSet.knows)
    static let unknownPurpose = purposeCodes.count
    /// In the first variable: no purpose at all; in the others: no further one.
    static let noPurpose = purposeCodes.count + 1
    /// Most purposes of one request.
    static let purposeCount = 2

    static let relations = [
        "none", "related", "related parent", "related personal-representative",
        "related parent personal-representative",
    ]
    static let consentStates = ["none", "in-force", "malformed", "in-force and malformed"]
    static let sayings = ["silent", "permits", "denies"]
    static let namings = ["no", "class", "explicit", "separate"]
    static let flag = ["no", "yes"]
    static let markNames = [
        "authored by requester", "claim in question", "billed by claim", "own coverage",
        "self-paid", "minor-controlled", "authored by requester's organization",
        "authored by patient", "of the requester's encounter", "outside the representation",
    ]

    init(_ policies: CompiledPolicies) {
        takeRequester(policies)
        takePatient(policies)
        takeRecord(policies)
        takeConsents(policies)
    }

    mutating func add(_ name: String, _ values: [String]) -> Int {
        variables.append(Variable(name: name, values: values))
        return variables.count - 1
    }

    /// The variable of a name, or all of a kind: `label hiv`, `label`.
    func places(named name: String) -> [Int] {
        let exact = variables.indices.filter { variables[$0].name == name }
        if !exact.isEmpty { return exact }
        return variables.indices.filter { DomainParser.family(of: variables[$0].name) == name }
    }

    /// How many points there are: what each variable can be, multiplied.
    var pointCount: Double { variables.reduce(1) { $0 * Double($1.values.count) } }

    private mutating func takeRequester(_ policies: CompiledPolicies) {
        let kinds = RequesterKind.allCases.sorted { $0.place < $1.place }
        places.kind = add("requester", kinds.map(\.rawValue))
        for number in 1...Self.purposeCount {
            let last = number == 1 ? "missing" : "no further"
            let values = Self.purposeCodes + ["unknown", last]
            places.purposes.append(add(number == 1 ? "purpose" : "purpose \(number)", values))
        }
        places.action = add("action", AccessAction.allCases.map(\.rawValue))
        places.breakGlass = add("break_glass", ["none", "sound", "unsound"])
        places.relation = add("relation", Self.relations)
        places.isSelf = add("is the patient", Self.flag)
        places.treating = add("treating", Self.flag)
        places.part2Program = add("in a part 2 program", Self.flag)
        places.planOfCoverage = add("plan of a coverage", Self.flag)
        places.planOfClaim = add("plan of a claim", Self.flag)
        let evidence = Evidence.allCases.sorted { $0.place < $1.place }
        places.evidence = evidence.map { add("evidence \($0.rawValue)", Self.flag) }
        let texts = policies.texts
        for role in Set(texts.flatMap { $0.roles + $0.rolesNone }).sorted() {
            places.roles[role] = add("role \(role)", Self.flag)
        }
        for key in Set(texts.flatMap { $0.organizations + $0.organizationsNone }).sorted() {
            places.organizations[key] = add("organization \(key)", Self.flag)
        }
    }

    private mutating func takePatient(_ policies: CompiledPolicies) {
        countries = policies.countries.keys.sorted()
        places.country = add("jurisdiction", countries + ["other"])
        let tests = policies.rules.map(\.request) + policies.exceptions.map(\.request)
        let bounds = tests.compactMap(\.ages).flatMap {
            [Int($0.lowerBound), Int($0.upperBound) + 1]
        }
        ages = Array(Set([0] + bounds.filter { $0 < 900 })).sorted()
        places.age = add("age", ageNames)
        places.status = add("patient_status", ["alive", "deceased"])
        let edges = policies.rules.flatMap { [$0.validFrom, $0.validUntil] }
            .filter { $0.microseconds != .min && $0.microseconds != .max }
        days = [Instant(microseconds: .min)] + Set(edges).sorted()
        places.day = add("day", days.indices.map { $0 == 0 ? "before all" : "from \(days[$0])" })
    }

    /// Age groups, then pairs of neighbours for a birth date that is not exact, then none at all.
    private var ageNames: [String] {
        let groups = ages.indices.map { place in
            place + 1 < ages.count ? "\(ages[place]) to \(ages[place + 1] - 1)" : "\(ages[place])+"
        }
        let pairs = ages.indices.dropLast().map { "about \(ages[$0 + 1])" }
        return groups + pairs + ["unknown"]
    }

    private mutating func takeRecord(_ policies: CompiledPolicies) {
        places.category = add("category", DataCategory.allCases.map(\.rawValue))
        types = Set(policies.conditions.flatMap { $0.types + $0.typesNone }).sorted()
        places.type = add("type", types + ["other"])
        let labels = SensitivityLabel.allCases.sorted { $0.rank < $1.rank }
        places.labels = labels.map { add("label \($0.rawValue)", Self.flag) }
        places.marks = Self.markNames.map { add($0, Self.flag) }
        for time in policies.conditions.compactMap(\.time) where places.times[time] == nil {
            places.times[time] = add("time \(places.times.count + 1)", Self.flag)
        }
    }

    private mutating func takeConsents(_ policies: CompiledPolicies) {
        places.consent = add("consent", Self.consentStates)
        places.said = add("said", Self.sayings)
        places.absolute = add("closed even to emergencies", Self.flag)
        places.closes = add("closes the default law", Self.flag)
        for condition in policies.conditions where condition.consent != nil {
            guard places.names[condition.labels] == nil else { continue }
            let labels = LabelSet(bits: condition.labels)
            places.names[condition.labels] = add("consent names \(labels)", Self.namings)
        }
    }
}
