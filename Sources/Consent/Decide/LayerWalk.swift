/// What the layers of one question say.
///
/// A decision about a record answers from facts; the prover answers from a point of its domain. Both take
/// the same walk, and it can ask nothing else.
protocol LayerSpeech {
    /// Whether the request as such cannot be answered.
    mutating func isRefused() -> Bool
    /// Whether the patient asks about their own record.
    mutating func isPatient() -> Bool
    /// What the policies' rules of a layer say.
    mutating func rules(_ layer: Layer) -> Possible
    /// What the patient closed even to emergencies.
    mutating func absolute() -> Possible
    /// What consents and restrictions say together: deny, permit or nothing.
    mutating func directives() -> Possible
    /// Whether a consent in PCF form leaves the default law nothing to say.
    mutating func closesDefault() -> Truth
}

extension LayerSpeech {
    /// Step two of a decision: walks through the layers in order; the first that speaks decides, and inside
    /// a layer deny beats permit.
    ///
    /// docs/consent.md has the table.
    mutating func walk() -> Answer {
        var answer = Answer()
        if isRefused() { return answer.denied() }
        if answer.take(rules(.lawHard), .lawHard) { return answer }
        if isPatient() {
            // Directives speak about others; the patient's own access is the law's matter alone.
            if answer.take(rules(.lawDefault), .lawDefault) { return answer }
            return answer.denied()
        }
        let closed = rules(.patientAbsolute).combined(with: absolute())
        if answer.take(closed, .patientAbsolute) { return answer }
        if answer.take(rules(.emergency), .emergency) { return answer }
        let directives = directives()
        let forbidden = directives.combined(with: rules(.patientDeny))
        if answer.take(forbidden.without(.permit), .patientDeny) { return answer }
        let allowed = forbidden.subtracting(.deny).combined(with: rules(.patientPermit))
        if answer.take(allowed, .patientPermit) { return answer }
        switch closesDefault() {
        case .yes: return answer.denied()
        case .unknown:
            answer = answer.denied()
            answer.isExact = false
        case .no: break
        }
        if answer.take(rules(.lawDefault), .lawDefault) { return answer }
        return answer.denied()
    }
}

/// What a walk through the layers found.
struct Answer {
    var canPermit = false
    var canDeny = false
    /// The layer that decided; for an answer that depends, the last that could.
    var layer = Layer.defaultDeny
    /// The first layer that could permit.
    var permitLayer = Layer.defaultDeny
    /// Whether every layer that was asked had one answer: then the same holds for all records of a class.
    var isExact = true

    var isPermit: Bool { canPermit && !canDeny }

    /// Takes what a layer may say; true where the layer leaves nothing open below it.
    mutating func take(_ possible: Possible, _ layer: Layer) -> Bool {
        if possible == .silent { return false }
        if possible.rawValue.nonzeroBitCount > 1 { isExact = false }
        if possible.contains(.deny) {
            canDeny = true
            self.layer = layer
        }
        if possible.contains(.permit) {
            if !canPermit { permitLayer = layer }
            canPermit = true
            self.layer = layer
        }
        return !possible.contains(.silent)
    }

    /// The answer where nobody spoke below it.
    func denied() -> Answer {
        var answer = self
        if canPermit || canDeny { answer.isExact = false }
        answer.canDeny = true
        answer.layer = .defaultDeny
        return answer
    }
}

extension Possible {
    /// Silence in place of an answer that is taken out, where the rest leaves it open.
    func without(_ answer: Possible) -> Possible {
        isDisjoint(with: [answer, .silent])
            ? subtracting(answer) : subtracting(answer).union(.silent)
    }
}
