/// The layers of a decision, in the order in which they speak; inside a layer deny beats permit.
public enum Layer: String, Sendable, Hashable, CaseIterable {
    /// Law that no consent of the ordinary kind opens.
    case lawHard = "law-hard"
    /// What the patient closed even to emergencies.
    case patientAbsolute = "patient-absolute"
    /// Break-glass.
    case emergency
    /// What the patient forbids.
    case patientDeny = "patient-deny"
    /// What the patient allows.
    case patientPermit = "patient-permit"
    /// What the law allows without asking the patient.
    case lawDefault = "law-default"
    /// Nothing spoke: no.
    case defaultDeny = "default-deny"

    /// Place in the order, from 0.
    var order: Int {
        switch self {
        case .lawHard: 0
        case .patientAbsolute: 1
        case .emergency: 2
        case .patientDeny: 3
        case .patientPermit: 4
        case .lawDefault: 5
        case .defaultDeny: 6
        }
    }
}

/// Yes or no.
public enum Effect: String, Sendable, Hashable {
    /// Yes.
    case permit
    /// No.
    case deny
}

/// What an obligation asks of whoever releases or receives the data.
public enum ObligationKind: String, Sendable, Hashable, CaseIterable {
    /// A text goes with the data, word for word.
    case notice
    /// Elements are taken out and marked.
    case redact
    /// Only what a profile names leaves.
    case minimumNecessary = "minimum-necessary"
    /// Somebody must look at it afterwards.
    case review
    /// Somebody must be told.
    case notify
    /// The permission ends by itself.
    case expiry
    /// It is listed in the accounting of disclosures (45 CFR 164.528).
    case accounting
    /// A limit that the recipient keeps.
    case limit
}

/// Something that travels with a release or is due because of it.
public struct Obligation: Sendable, Hashable, Comparable {
    /// Stable code, `part2-notice`.
    public let code: String
    /// Text to attach, word for word, or `nil` where the code says it all.
    public let text: String?
    /// What it asks; `nil` where the policies do not say.
    public var kind: ObligationKind?
    /// FHIRPath-like element paths to take out, `Patient.address`; for ``ObligationKind/redact``.
    public var elements: [String] = []
    /// Name of a minimum-necessary profile.
    public var profile: String?
    /// Whole hours until a review is due or a permission ends.
    public var hours: Int?

    /// Names an obligation.
    ///
    /// - Parameters:
    ///   - code: Stable code.
    ///   - text: Text to attach.
    public init(code: String, text: String? = nil) {
        self.code = code
        self.text = text
    }

    /// Whether it puts the disclosure into the accounting of 45 CFR 164.528.
    var isAccounting: Bool { kind == .accounting || code == "accounting" }

    /// Orders by code.
    ///
    /// - Parameters:
    ///   - left: One obligation.
    ///   - right: Another.
    /// - Returns: Whether `left` sorts first.
    public static func < (left: Obligation, right: Obligation) -> Bool { left.code < right.code }
}

/// The answer about one record, small enough to be made for thousands of them.
///
/// ``DecisionContext/decision(for:)`` gives the same answer with its reasons.
public struct Verdict: Sendable, Hashable {
    /// Yes or no.
    public let effect: Effect
    /// The layer that decided.
    public let layer: Layer
    /// Whether the record may go.
    public var isPermitted: Bool { effect == .permit }
}

/// The answer about a whole segment.
public enum SegmentVerdict: Sendable, Hashable {
    /// Every record of the segment may go.
    case permit
    /// No record of the segment may go.
    case deny
    /// It depends on the record: ask for each with ``DecisionContext/verdict(for:)``.
    case depends
}

/// One rule that spoke in a decision.
public struct DeterminingRule: Sendable, Hashable {
    /// Rule id, or `consent:Consent/1` with `#` and the path of the provision, or `restriction:…`.
    public let id: String
    /// The layer it spoke in.
    public let layer: Layer
    /// What it said.
    public let effect: Effect
    /// Plain words.
    public let title: String
    /// Law or document it rests on.
    public let basis: [String]

    package init(id: String, layer: Layer, effect: Effect, title: String, basis: [String]) {
        self.id = id
        self.layer = layer
        self.effect = effect
        self.title = title
        self.basis = basis
    }
}

/// An answer with everything that an officer or the patient may ask about it.
///
/// Kept as a few numbers; words are made when somebody asks for them.
public struct Decision: Sendable {
    private enum Words {
        /// To be made; the last are bits of ``CompiledPolicies/obligations``.
        case numbers(DecisionCore, Reasons, UInt64)
        /// As another process made them.
        case told([DeterminingRule], [Obligation], [String])
    }

    /// Yes or no.
    public let effect: Effect
    /// The layer that decided.
    public let layer: Layer
    private let words: Words

    init(effect: Effect, layer: Layer, core: DecisionCore, reasons: Reasons, due: UInt64) {
        self.effect = effect
        self.layer = layer
        words = .numbers(core, reasons, due)
    }

    /// A decision that another process made and told in words.
    package init(
        effect: Effect,
        layer: Layer,
        rules: [DeterminingRule],
        obligations: [Obligation],
        problems: [String]
    ) {
        self.effect = effect
        self.layer = layer
        words = .told(rules, obligations, problems)
    }

    /// The rules that determined the answer, sorted by id: those of the deciding layer and effect.
    public var rules: [DeterminingRule] {
        switch words {
        case .numbers(let core, let reasons, _): core.rules(reasons, layer, effect)
        case .told(let rules, _, _): rules
        }
    }
    /// What travels with the release or is due because of it, sorted; empty for a denial, except the
    /// review of a denied emergency.
    public var obligations: [Obligation] {
        switch words {
        case .numbers(let core, _, let due): Self.obligations(core, due, effect)
        case .told(_, let obligations, _): obligations
        }
    }
    /// What was wrong with the input, such as malformed consents and unknown codes.
    ///
    /// For the officer only.
    public var problems: [String] {
        switch words {
        case .numbers(let core, _, _): core.problems
        case .told(_, _, let problems): problems
        }
    }

    /// Bits of ``CompiledPolicies/obligations``; none where it was told in words.
    var due: UInt64 { if case .numbers(_, _, let due) = words { due } else { 0 } }

    /// The same answer with other obligations, as bits.
    func with(due: UInt64) -> Decision {
        guard case .numbers(let core, let reasons, _) = words else { return self }
        return Decision(effect: effect, layer: layer, core: core, reasons: reasons, due: due)
    }

    private static func obligations(
        _ core: DecisionCore,
        _ due: UInt64,
        _ effect: Effect
    ) -> [Obligation] {
        guard effect == .permit else {
            return core.request.breakGlass == nil ? [] : [Obligation(code: "review-due")]
        }
        return core.policies.compiled.obligations.enumerated().compactMap { place, code in
            guard due & 1 << UInt64(place) != 0 else { return nil }
            return core.policies.obligations[code] ?? Obligation(code: code)
        }
    }

    /// Whether the disclosure must be accounted for under 45 CFR 164.528.
    public var isAccountable: Bool { obligations.contains { $0.isAccounting } }
    /// For the requester: the same words whatever was withheld, and nothing about why.
    public var reasonForRequester: String {
        effect == .permit
            ? "released as far as this purpose allows"
            : "nothing is available to you for this purpose"
    }
    /// For the officer and the patient: the rules in plain words, in order.
    public var reasonForOfficer: String {
        let rules = rules
        guard !rules.isEmpty else { return "no rule permits this, so it is denied" }
        return rules.map { "\($0.effect.rawValue) by \($0.id): \($0.title)" }
            .joined(separator: "; ")
    }
}

extension Decision: Equatable {
    /// Whether two answers say the same in words.
    ///
    /// - Parameters:
    ///   - left: One answer.
    ///   - right: Another.
    /// - Returns: Whether effect, layer, rules, obligations and problems are the same.
    public static func == (left: Decision, right: Decision) -> Bool {
        left.effect == right.effect && left.layer == right.layer && left.rules == right.rules
            && left.obligations == right.obligations && left.problems == right.problems
    }
}
