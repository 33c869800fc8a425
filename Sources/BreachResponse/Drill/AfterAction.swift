internal import VaultCore

/// The report after a drill: what was rehearsed, what was found against the truth, what to do better.
public struct AfterAction: Sendable {
    private let plan: DrillPlan
    private let score: DrillScore
    private let finding: DrillFinding

    /// Collects what the report says.
    ///
    /// - Parameters:
    ///   - plan: Scenario and truth.
    ///   - finding: What the run found.
    ///   - score: The finding against the truth.
    public init(_ plan: DrillPlan, _ finding: DrillFinding, _ score: DrillScore) {
        self.plan = plan
        self.finding = finding
        self.score = score
    }

    /// The report as text, one page, lines that end in newlines.
    public var text: String {
        let scenario = plan.stage.scenario
        var lines = [
            "After-action report: \(scenario.title)",
            "DRILL on synthetic patients; nothing was sent.",
            "", scenario.situation, "", "What was told, and when",
        ]
        lines += scenario.injects.map {
            "  \(scenario.time($0.minute).rfc3339)  \($0.recipient): \($0.text)"
        }
        lines += ["", "What the vault found, against the truth"]
        for set in DrillSet.allCases {
            let truth = plan.truth.sets[set]?.count ?? 0
            let found = finding.sets[set]?.count ?? 0
            let measure = score.sets[set]
            lines.append(
                "  \(set.rawValue): \(found) found, \(truth) true, precision "
                    + "\(measure?.precision ?? 0) %, recall \(measure?.recall ?? 0) %"
            )
        }
        lines.append(
            "  records proven read: precision \(score.records.precision) %, recall "
                + "\(score.records.recall) %"
        )
        lines += ["", "Deadlines"]
        lines += score.clocks.map {
            "  \($0.isMet ? "met   " : "MISSED") \($0.rule) \($0.jurisdiction) due "
                + "\($0.due ?? "at once"), done \($0.done ?? "never")"
        }
        lines += ["", "Minutes from the report"]
        lines += score.minutes.map { step in
            let target = step.target.map { " (target \($0)\(step.minutes > $0 ? ", LATE" : ""))" }
            return "  \(step.state.rawValue): \(step.minutes)\(target ?? "")"
        }
        lines += ["", "To improve"]
        let open = improvements
        lines += open.isEmpty ? ["  nothing that this drill could see"] : open.map { "  - \($0)" }
        lines += ["", "Score: \(score.percent) of 100; \(score.isOK ? "passed" : "NOT passed")"]
        return lines.map { $0 + "\n" }.joined()
    }

    /// One line for everything that was not as it should be.
    public var improvements: [String] {
        var found = score.faults
        for set in DrillSet.allCases {
            let truth = plan.truth.sets[set] ?? []
            let seen = finding.sets[set] ?? []
            let missed = truth.subtracting(seen).count
            let wrong = seen.subtracting(truth).count
            if missed > 0 { found.append("\(set.rawValue): \(missed) patients were missed") }
            if wrong > 0 { found.append("\(set.rawValue): \(wrong) patients do not belong there") }
        }
        found += score.clocks.filter { !$0.isMet }.map {
            "deadline of \($0.rule) in \($0.jurisdiction) missed or computed wrongly"
        }
        found += score.minutes.compactMap { step in
            guard let target = step.target, step.minutes > target else { return nil }
            return "\(step.state.rawValue) was reached \(step.minutes - target) minutes late"
        }
        return found
    }
}
