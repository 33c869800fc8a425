/// What the codes of a record mean, written down once more.
struct Labels {
    let codes: [String]
    let all: Set<String>

    private static let meaning: [String: String] = [
        "PSY": "mental-health", "HIV": "hiv", "SUD": "substance-use", "ETHUD": "substance-use",
        "SEX": "sexual-reproductive", "GDIS": "genetics", "42CFRPart2": "42cfr-part2",
        "PSYTHPN": "psychotherapy-notes", "ADOL": "minor-controlled", "R": "restricted",
        "V": "very-restricted",
        "SDV": "violence", "STD": "std", "COGN": "cognitive-disability", "DVD": "disability",
        "PRS": "patient-restricted", "unclassified": "unclassified",
        "sud-counselling-notes": "sud-counselling-notes",
    ]

    init(_ codes: [String]) {
        self.codes = codes
        all = Set(codes.compactMap { Self.meaning[$0] })
    }

    /// The code that stands for a label.
    static func code(of label: String) -> String? {
        meaning.sorted { $0.key < $1.key }.first { $0.value == label && $0.key != "ETHUD" }?.key
    }

    /// Labels that are a topic and not a clearance.
    var topics: Set<String> { all.subtracting(["restricted", "very-restricted"]) }

    /// 0 for no clearance known, 3 normal, 4 restricted, 5 very restricted.
    private var clearance: Int {
        if codes.contains("V") { return 5 }
        if !all.isEmpty { return 4 }
        return 3
    }

    func named(by listed: [String]) -> Set<String> {
        var named = Set(listed.filter { $0 != "ETHUD" }.compactMap { Self.meaning[$0] })
        if named.contains("42cfr-part2"), all.contains("42cfr-part2") {
            named.insert("substance-use")
        }
        return named
    }

    private func coversTopics(_ listed: [String]) -> Bool {
        guard !topics.isEmpty else { return false }
        return topics.subtracting(named(by: listed)).allSatisfy { topic in
            codes.filter { Self.meaning[$0] == topic }.allSatisfy { code in
                listed.contains(code) || code == "ETHUD" && listed.contains("SUD")
            }
        }
    }

    func arePermitted(by listed: [String]) -> Bool {
        let clearances = ["N": 3, "R": 4, "V": 5]
        return listed.contains { clearances[$0] == clearance } || coversTopics(listed)
    }

    func areDenied(by listed: [String]) -> Bool {
        let lowest = listed.compactMap { ["N": 3, "R": 4, "V": 5][$0] }.min() ?? 9
        if clearance >= lowest { return true }
        return !topics.isDisjoint(with: listed.compactMap { Self.meaning[$0] })
    }

    /// For family and integrations: every topic, or the clearance of a record without topics.
    func areNamed(by listed: [String]) -> Bool {
        if topics.isEmpty { return all.isSubset(of: listed.compactMap { Self.meaning[$0] }) }
        return coversTopics(listed)
    }
}
