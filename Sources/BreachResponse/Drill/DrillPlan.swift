public import VaultCore

/// What a scenario's generator makes of its file: the patients, the play, and apart from them the truth.
///
/// The truth is written before any vault exists, from the groups alone. Whoever runs the drill gets
/// ``stage`` and never ``truth``; only ``DrillScore`` reads it, when all is over.
public struct DrillPlan: Sendable {
    /// Everything that the run may know.
    public let stage: DrillStage
    /// What must come out.
    public let truth: DrillTruth

    /// Deals the patients out to the groups.
    ///
    /// - Parameter scenario: The file.
    public init(_ scenario: DrillScenario) {
        var random = DrillRandom(seed: UInt64(bitPattern: scenario.seed))
        let count = scenario.groups.reduce(0) { $0 + $1.count }
        var numbers = Array(1...count)
        // Fisher and Yates, so that no number betrays a patient's group.
        for place in numbers.indices.dropFirst().reversed() {
            numbers.swapAt(place, Int(random.next() % UInt64(place + 1)))
        }
        var patients: [DrillPatient] = []
        var truth = DrillTruth(deadlines: scenario.deadlines)
        var next = 0
        for group in scenario.groups {
            for _ in 0..<group.count {
                let number = numbers[next]
                let home = scenario.homes[next % scenario.homes.count]
                next += 1
                let patient = DrillPatient(
                    number: number,
                    group: group,
                    home: home,
                    begins: scenario.begins
                )
                patients.append(patient)
                truth.add(patient, to: group)
            }
        }
        stage = DrillStage(scenario: scenario, patients: patients.sorted { $0.number < $1.number })
        self.truth = truth
    }
}

/// A scenario with its patients, without its truth.
public struct DrillStage: Sendable {
    /// Cast, play, timetable; whoever runs the drill does not read its groups' truth.
    public let scenario: DrillScenario
    /// All patients, by number.
    public let patients: [DrillPatient]

    /// Patients of a group, by number.
    ///
    /// - Parameter name: The group.
    /// - Returns: Empty for an unknown group.
    public func patients(of name: String?) -> [DrillPatient] {
        patients.filter { $0.group == name }
    }

    /// One file with everybody's records and the directory: a FHIR R4 transaction-less collection.
    public var bundle: JSONValue {
        let directory =
            scenario.cast.compactMap { actor -> JSONValue? in
                guard let reference = actor.reference, reference.hasPrefix("Practitioner/") else {
                    return nil
                }
                return [
                    "resourceType": "Practitioner", "id": .string(String(reference.dropFirst(13))),
                    "name": [["text": .string(actor.name)]],
                ]
            } + organizations
        let all = directory + patients.flatMap(\.resources)
        return [
            "resourceType": "Bundle", "type": "collection",
            "entry": .array(all.map { ["resource": $0] }),
        ]
    }

    private var organizations: [JSONValue] {
        let names = scenario.cast.compactMap(\.organization) + scenario.groups.compactMap(\.insurer)
        return Set(names).sorted().filter { $0.hasPrefix("Organization/") }.map {
            [
                "resourceType": "Organization", "id": .string(String($0.dropFirst(13))),
                "name": .string(String($0.dropFirst(13))),
            ]
        }
    }
}

/// What must come out of a drill.
public struct DrillTruth: Sendable, Hashable {
    /// References of the patients of each set.
    public private(set) var sets: [DrillSet: Set<String>] = [:]
    /// Records that the suspected reads carried, by patient, where the scenario claims to know them all.
    public private(set) var records: [String: Set<String>] = [:]
    /// What the clocks must say.
    public let deadlines: [DrillScenario.Deadline]

    init(deadlines: [DrillScenario.Deadline]) { self.deadlines = deadlines }

    mutating func add(_ patient: DrillPatient, to group: DrillScenario.Group) {
        sets[group.truth, default: []].insert(patient.reference)
        if group.truth == .accessed, group.namesRecords {
            records[patient.reference] = Set(patient.records(of: group.carried))
        }
    }

    /// The truth as a document, to be kept apart from the vault.
    public var document: JSONValue {
        .object(
            DrillSet.allCases.map { set in
                .init(set.rawValue, .strings((sets[set] ?? []).sorted()))
            } + [
                .init(
                    "records",
                    .object(
                        records.sorted { $0.key < $1.key }.map {
                            .init($0.key, .strings($0.value.sorted()))
                        }
                    )
                ),
                .init(
                    "deadlines",
                    .array(
                        deadlines.map {
                            [
                                "rule": .string($0.rule), "jurisdiction": .string($0.jurisdiction),
                                "due": $0.due.map { .string($0) } ?? .null,
                            ]
                        }
                    )
                ),
            ]
        )
    }
}

/// SplitMix64: the same patients for the same seed, everywhere.
struct DrillRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
