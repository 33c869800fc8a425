public import VaultCore

/// How well a set was found, in percent; 100 where there was nothing to find and nothing was.
public struct DrillMeasure: Sendable, Hashable {
    /// Of those found, how many belong there.
    public let precision: Int64
    /// Of those that belong there, how many were found.
    public let recall: Int64

    init(found: Set<String>, truth: Set<String>) {
        let hits = Int64(found.intersection(truth).count)
        // Rounded down: 100 means all.
        precision = found.isEmpty ? 100 : hits * 100 / Int64(found.count)
        recall = truth.isEmpty ? 100 : hits * 100 / Int64(truth.count)
    }

    var isFull: Bool { precision == 100 && recall == 100 }

    var document: JSONValue { ["precision": .int(precision), "recall": .int(recall)] }
}

/// A drill's result: the finding against the truth, the clocks, and the time to each state.
public struct DrillScore: Sendable {
    /// One deadline, expected or only met.
    public struct Clock: Sendable, Hashable {
        /// Rule and jurisdiction.
        public var rule: String
        /// The jurisdiction.
        public var jurisdiction: String
        /// What the scenario says; `nil` where it does not speak of it or the law names no number.
        public var expected: String?
        /// What was computed.
        public var due: String?
        /// When it was done in the drill.
        public var done: String?
        /// Whether computed as expected, and done in time.
        public var isMet: Bool
    }

    /// Precision and recall of each set.
    public let sets: [DrillSet: DrillMeasure]
    /// Precision and recall of the records proven accessed, where the scenario knows them.
    public let records: DrillMeasure
    /// Every required deadline with a number, and every expected one.
    public let clocks: [Clock]
    /// Minutes from the report to each state.
    public let minutes: [(state: IncidentState, minutes: Int64, target: Int64?)]
    /// What did not go as it must.
    public let faults: [String]

    /// Scores a run.
    ///
    /// - Parameters:
    ///   - finding: What the run found.
    ///   - plan: Scenario and truth.
    public init(_ finding: DrillFinding, _ plan: DrillPlan) {
        var sets: [DrillSet: DrillMeasure] = [:]
        for set in DrillSet.allCases {
            sets[set] = DrillMeasure(
                found: finding.sets[set] ?? [],
                truth: plan.truth.sets[set] ?? []
            )
        }
        self.sets = sets
        let known = plan.truth.records
        func pairs(_ records: [String: Set<String>]) -> Set<String> {
            Set(
                records.filter { known[$0.key] != nil }
                    .flatMap { pair in pair.value.map { "\(pair.key) \($0)" } }
            )
        }
        records = DrillMeasure(found: pairs(finding.records), truth: pairs(known))
        clocks = Self.clocks(finding, plan)
        let start = finding.steps.first?.time ?? plan.stage.scenario.begins.instant
        // A state counts from when it was first reached; filing and notes leave it as it is.
        var seen: Set<IncidentState> = []
        minutes = finding.steps.filter { seen.insert($0.state).inserted }.map { step in
            (
                step.state, (step.time.microseconds - start.microseconds) / 60_000_000,
                plan.stage.scenario.targets[step.state]
            )
        }
        faults = finding.faults
    }

    private static func clocks(_ finding: DrillFinding, _ plan: DrillPlan) -> [Clock] {
        var open = plan.truth.deadlines
        var clocks: [Clock] = []
        for deadline in finding.deadlines where deadline.isRequired {
            let place = open.firstIndex {
                $0.rule == deadline.rule.id && $0.jurisdiction == deadline.jurisdiction
            }
            let expected = place.map { open.remove(at: $0) }
            guard deadline.due != nil || expected != nil else { continue }
            let done = done(deadline, finding, plan.stage.scenario)
            let isInTime =
                deadline.due.map { due in done.map { $0.instant <= due.instant } ?? false } ?? true
            clocks.append(
                Clock(
                    rule: deadline.rule.id,
                    jurisdiction: deadline.jurisdiction,
                    expected: expected?.due,
                    due: deadline.due?.rfc3339,
                    done: done?.rfc3339,
                    isMet: isInTime
                        && (expected == nil || expected?.due == deadline.due?.rfc3339)
                )
            )
        }
        // What the clocks should have said and did not.
        for missed in open {
            clocks.append(
                Clock(
                    rule: missed.rule,
                    jurisdiction: missed.jurisdiction,
                    expected: missed.due,
                    due: nil,
                    done: nil,
                    isMet: false
                )
            )
        }
        return clocks
    }

    /// When the drill did what a deadline asks for; an authority's only by a filing that names it.
    private static func done(
        _ deadline: BreachDeadline,
        _ finding: DrillFinding,
        _ scenario: DrillScenario
    ) -> ZonedTime? {
        finding.steps.first { step in
            switch deadline.rule.recipient {
            case .individual, .media: step.event == .notify
            case .authority: DeadlineStanding.tells(deadline, step.event, step.artefacts)
            case .other: step.event == .assess || step.event == .notify
            }
        }.map { ZonedTime($0.time, offsetMinutes: scenario.begins.offsetMinutes) }
    }

    /// Whether every set, record and clock is as the truth says and nothing went wrong.
    public var isOK: Bool {
        sets.values.allSatisfy(\.isFull) && records.isFull && clocks.allSatisfy(\.isMet)
            && faults.isEmpty
    }

    /// The share of what was asked that was right, in percent: sets, records, clocks, targets.
    public var percent: Int64 {
        var parts = sets.values.flatMap { [$0.precision, $0.recall] }
        parts += [records.precision, records.recall]
        parts += clocks.map { $0.isMet ? 100 : 0 }
        parts += minutes.compactMap { step in step.target.map { step.minutes <= $0 ? 100 : 0 } }
        parts += faults.map { _ in 0 }
        return parts.reduce(0, +) / Int64(parts.count)
    }

    /// The score as a document.
    public var document: JSONValue {
        [
            "percent": .int(percent),
            "sets": .object(
                DrillSet.allCases.map { .init($0.rawValue, sets[$0]?.document ?? .null) }
            ), "records": records.document,
            "clocksMet": .int(Int64(clocks.count(where: \.isMet))),
            "clocks": .int(Int64(clocks.count)),
            "states": .array(
                minutes.map { step in
                    [
                        "state": .string(step.state.rawValue), "minutes": .int(step.minutes),
                        "target": step.target.map { .int($0) } ?? .null,
                    ]
                }
            ), "faults": .strings(faults),
        ]
    }

    /// The clocks as a document.
    public var clockDocument: JSONValue {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return .array(
            clocks.map {
                [
                    "rule": .string($0.rule), "jurisdiction": .string($0.jurisdiction),
                    "due": text($0.due), "expected": text($0.expected), "done": text($0.done),
                    "met": .bool($0.isMet),
                ]
            }
        )
    }
}
