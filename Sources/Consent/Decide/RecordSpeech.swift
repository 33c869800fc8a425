/// What the layers say of one record (or segment, or request as a whole), from facts.
struct RecordSpeech: LayerSpeech {
    let core: DecisionCore
    let view: RecordView

    func isRefused() -> Bool { core.refusal != nil }

    func isPatient() -> Bool { core.isPatient }

    func rules(_ layer: Layer) -> Possible {
        var possible: Possible = .silent
        for place in core.layerStarts.range(layer.order) {
            let live = core.liveRules[place]
            let said: Possible = live.isDeny ? .deny : .permit
            switch core.applies(live, view) {
            case .no: continue
            case .yes: possible = possible.combined(with: said)
            case .unknown: possible = possible.combined(with: said.union(.silent))
            }
            if possible == .deny { return possible }
        }
        return possible
    }

    /// Directives that hold even in an emergency; those of consents speak only where one is declared.
    func absolute() -> Possible {
        var possible: Possible = .silent
        for restriction in core.liveRestrictions where restriction.isAbsolute {
            possible = possible.combined(with: core.says(restriction, view))
        }
        guard core.request.breakGlass != nil else { return possible }
        for consent in core.liveConsents where consent.hasAbsolute {
            let said = core.says(consent, view, onlyAbsolute: true)
            possible = possible.combined(with: said.without(.permit))
        }
        return possible
    }

    func directives() -> Possible {
        if !core.malformed.isEmpty { return .deny }
        var possible: Possible = .silent
        for restriction in core.liveRestrictions where !restriction.isAbsolute {
            possible = possible.combined(with: core.says(restriction, view))
        }
        for consent in core.liveConsents {
            possible = possible.combined(with: core.says(consent, view, onlyAbsolute: false))
            if possible == .deny { return .deny }
        }
        return possible
    }

    func closesDefault() -> Truth {
        var closed: Truth = .no
        for consent in core.liveConsents where consent.closesDefault && closed != .yes {
            let root = consent.nodes.lowerBound
            closed = closed || !core.coversData(root, consent, view)
        }
        return closed
    }
}

extension DecisionCore {
    func evaluate(_ view: RecordView) -> Answer {
        var speech = RecordSpeech(core: self, view: view)
        return speech.walk()
    }

    func applies(_ live: LiveRule, _ view: RecordView) -> Truth {
        let rule = policies.compiled.rules[Int(live.rule)]
        var truth = holds(rule.record, view)
        var rest = live.exceptions
        while rest != 0, truth != .no {
            let place = rule.unless.lowerBound + rest.trailingZeroBitCount
            truth = truth && !holds(policies.compiled.exceptions[place].record, view)
            rest &= rest - 1
        }
        return truth
    }

    func says(_ live: LiveRestriction, _ view: RecordView) -> Possible {
        let restriction = facts.tables.restrictions[live.restriction]
        guard !restriction.items.isEmpty else { return .deny }
        guard let detail = view.detail else { return [.deny, .silent] }
        guard let key = detail.key else { return .deny }
        return restriction.items.contains(key) ? .deny : .silent
    }
}

/// Answers for many records of one patient: what a class of records has in common is decided once.
///
/// The answers are those of ``DecisionContext/verdict(for:)``, record by record.
public struct RecordJudge {
    private let core: DecisionCore
    /// Exact answers; `nil` for a class in which it depends on the record.
    private var known: [RecordClass: Verdict?] = [:]

    /// Prepares to answer.
    ///
    /// - Parameter context: The question and its facts.
    public init(_ context: DecisionContext) { core = context.core }

    /// Whether one record may go.
    ///
    /// - Parameter record: With its detail.
    /// - Returns: The answer and the layer that gave it.
    public mutating func verdict(for record: RecordAttributes) -> Verdict {
        let view = RecordView(record)
        guard let kind = RecordClass(view) else { return Verdict(core.evaluate(view)) }
        if let found = known[kind] { return found ?? Verdict(core.evaluate(view)) }
        let answer = core.evaluate(RecordView(kind, category: record.category))
        known[kind] = .some(answer.isExact ? Verdict(answer) : nil)
        return Verdict(answer.isExact ? answer : core.evaluate(view))
    }
}

extension Verdict {
    init(_ answer: Answer) {
        self.init(effect: answer.isPermit ? .permit : .deny, layer: answer.layer)
    }
}
