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

/// Something that travels with a release or is due because of it.
public struct Obligation: Sendable, Hashable, Comparable {
    /// Stable code, `part2-notice`.
    public let code: String
    /// Text to attach, word for word, or `nil` where the code says it all.
    public let text: String?

    /// Names an obligation.
    ///
    /// - Parameters:
    ///   - code: Stable code.
    ///   - text: Text to attach.
    public init(code: String, text: String? = nil) {
        self.code = code
        self.text = text
    }

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
}

/// An answer with everything that an officer or the patient may ask about it.
public struct Decision: Sendable, Hashable {
    /// Yes or no.
    public let effect: Effect
    /// The layer that decided.
    public let layer: Layer
    /// The rules that determined the answer: those of the deciding layer and effect.
    public let rules: [DeterminingRule]
    /// What travels with the release or is due because of it, sorted; empty for a denial, except the
    /// review of a denied emergency.
    public let obligations: [Obligation]
    /// What was wrong with the input, such as malformed consents and unknown codes.
    ///
    /// For the officer only.
    public let problems: [String]
    /// Whether the disclosure must be accounted for under 45 CFR 164.528.
    public var isAccountable: Bool { obligations.contains { $0.code == "accounting" } }
    /// For the requester: the same words whatever was withheld, and nothing about why.
    public var reasonForRequester: String {
        effect == .permit
            ? "released as far as this purpose allows"
            : "nothing is available to you for this purpose"
    }
    /// For the officer and the patient: the rules in plain words, in order.
    public var reasonForOfficer: String {
        guard !rules.isEmpty else { return "no rule permits this, so it is denied" }
        return rules.map { "\($0.effect.rawValue) by \($0.id): \($0.title)" }
            .joined(separator: "; ")
    }
}
