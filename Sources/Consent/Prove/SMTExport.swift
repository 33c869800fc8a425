internal import VaultCore

extension SMTFormula {
    /// The formulas of every rule and of the walk through the layers, their names ending in a suffix.
    func decision(_ suffix: String) -> [String] {
        var lines = compiled.rules.indices.map { place in
            "(define-fun r\(place)\(suffix) () Bool \(applies(compiled.rules[place])))"
        }
        for layer in 0..<6 {
            for (name, isDeny) in [("deny", true), ("permit", false)] {
                let rules = compiled.rules.indices.filter {
                    compiled.rules[$0].layer == layer && compiled.rules[$0].isDeny == isDeny
                }
                let said = or(rules.map { "r\($0)\(suffix)" })
                lines.append("(define-fun \(name)\(layer)\(suffix) () Bool \(said))")
            }
        }
        lines.append(
            "(define-fun layer\(suffix) () (_ BitVec 7) \(layers(suffix)))  ; 10 * layer, plus 1 to permit"
        )
        lines.append(
            "(define-fun permitted\(suffix) () Bool (= #b1 ((_ extract 0 0) layer\(suffix))))"
        )
        return lines
    }

    private func applies(_ rule: CompiledPolicies.Rule) -> String {
        var parts = [
            has(
                domain.places.day,
                domain.days.enumerated().reduce(UInt64(0)) { bits, day in
                    day.element >= rule.validFrom && day.element < rule.validUntil
                        ? bits | 1 << UInt64(day.offset) : bits
                }
            )
        ]
        if rule.countries != 0 {
            let values = domain.countries.enumerated().reduce(UInt64(0)) { bits, country in
                rule.countries & (compiled.countries[country.element] ?? 0) != 0
                    ? bits | 1 << UInt64(country.offset) : bits
            }
            parts.append(has(domain.places.country, values))
        }
        parts += [meets(rule.request, all: !rule.isDeny), holds(rule.record)]
        let lifts = rule.unless.map { place in
            let exception = compiled.exceptions[place]
            return and([meets(exception.request, all: rule.isDeny), holds(exception.record)])
        }
        if !lifts.isEmpty { parts.append(not(or(lifts))) }
        return and(parts)
    }

    private func number(_ answer: Int) -> String { "(_ bv\(answer) 7)" }

    /// The layer that decides, as nested choices in the order of docs/consent.md.
    private func layers(_ suffix: String) -> String {
        let places = domain.places
        let readable = hasConsents(.inForce)
        let malformed = hasConsents(.malformed)
        let isSelf = and([isKind(RequesterKind.patient.bit), isYes(places.isSelf)])
        let says = or([malformed, has(places.said, 0b100)])
        let allows = and([has(places.said, 0b010), readable])
        let last =
            "(ite deny5\(suffix) \(number(50)) (ite permit5\(suffix) \(number(51)) \(number(60))))"
        let steps: [(condition: String, answer: String)] = [
            (has(places.purposes[0], 1 << UInt64(ProofDomain.noPurpose)), number(60)),
            ("deny0\(suffix)", number(0)), ("permit0\(suffix)", number(1)),
            (isSelf, last),
            (or(["deny1\(suffix)", isYes(places.absolute)]), number(10)),
            ("permit1\(suffix)", number(11)),
            ("deny2\(suffix)", number(20)), ("permit2\(suffix)", number(21)),
            (or([says, "deny3\(suffix)"]), number(30)),
            ("deny4\(suffix)", number(40)),
            (or([allows, "permit3\(suffix)", "permit4\(suffix)"]), number(41)),
            (and([readable, isYes(places.closes)]), number(60)),
        ]
        return steps.reversed().reduce(last) {
            "(ite \($1.condition) \($1.answer) \($0))"
        }
    }

    /// Whether a release carries an obligation.
    func obliges(_ bit: UInt64, _ suffix: String) -> String {
        let rules = compiled.rules.indices.filter { compiled.rules[$0].obligations & bit != 0 }
        return or(
            rules.filter { !compiled.rules[$0].isDeny }.map { place in
                let layer = compiled.rules[place].layer
                guard layer < 6 else { return "r\(place)\(suffix)" }
                return and(["(= layer\(suffix) \(number(10 * layer + 1)))", "r\(place)\(suffix)"])
            }
        )
    }

    func premise(_ premise: Invariant.Premise) -> String {
        and(
            premise.facts.map { has($0.place, $0.values) }
                + [meets(premise.request, all: false), holds(premise.record)]
        )
    }
}

extension Prover {
    /// One statement as an SMT-LIB 2 script: a solver answers `unsat` where it holds.
    ///
    /// - Parameter number: Its place, from 0.
    /// - Returns: The script, UTF-8 text with line feeds.
    public func smt(_ number: Int) -> String {
        let invariant = invariants[number]
        var formula = SMTFormula(domain: domain, compiled: compiled, tables: tables)
        var lines = ["; \(invariant.id)", "(set-logic QF_BV)"] + formula.declarations
        lines += formula.decision("a")
        lines.append("(assert \(formula.premise(invariant.given)))")
        for premise in invariant.unless {
            lines.append("(assert \(formula.not(formula.premise(premise))))")
        }
        switch invariant.conclusion {
        case .deny: lines.append("(assert permitteda)")
        case .permit: lines.append("(assert (not permitteda))")
        case .obliges(let bits):
            let due = (0..<64).filter { bits & 1 << UInt64($0) != 0 }
                .map { formula.obliges(1 << UInt64($0), "a") }
            lines.append("(assert (and permitteda \(formula.not(formula.and(due)))))")
        case .neverOpens, .neverCloses:
            formula.change = invariant.change
            lines += formula.changedDeclarations + formula.decision("b")
            lines.append(
                invariant.conclusion == .neverOpens
                    ? "(assert (and (not permitteda) permittedb))"
                    : "(assert (and permitteda (not permittedb)))"
            )
        }
        lines.append("(check-sat)")
        return lines.joined(separator: "\n") + "\n"
    }
}
