public import FHIRModel
internal import VaultCore

/// One request with the facts and policies it is decided by: everything that does not depend on the record
/// is worked out here, once; then thousands of records can be asked about.
///
/// A value without I/O, clock or randomness: the same input gives the same answers for ever.
public struct DecisionContext: Sendable {
    /// The question.
    public let request: AccessRequest
    /// The policies that answer it.
    public let policies: PolicySet
    /// Country whose law applies, ISO 3166-1 alpha-2.
    public let jurisdiction: String
    let facts: FactIndex
    let directory: FactIndex
    let identity: Identity
    let relationships: UInt32
    let purposes: RequestedPurposes
    /// Rules whose request part holds, ordered by layer, obligations last.
    let liveRules: [LiveRule]
    /// Where each layer begins in ``liveRules``; the eighth is the end.
    let layerStarts: LayerStarts
    /// Exceptions of live rules that still ask something of the record.
    let liveExceptions: [CompiledPolicies.RecordTest]
    /// Consents in force that can say something to this request.
    let liveConsents: [LiveConsent]
    /// The provisions of all live consents, each consent's together.
    let liveProvisions: [LiveProvision]
    let liveRestrictions: [LiveRestriction]
    /// Malformed consents that stop this request, by index.
    let malformed: [Int]
    let claimIDs: Set<String>
    let billedIDs: Set<String>
    let coverageIDs: Set<String>
    /// Why the request as such cannot be answered; denies everything.
    let refusal: String?
    let problems: [String]

    /// Works out what a request may do.
    ///
    /// - Parameters:
    ///   - request: The question.
    ///   - facts: What is known of the patient.
    ///   - directory: What is known of practitioners and organizations.
    ///   - policies: The policies in force.
    public init(
        request: AccessRequest,
        facts: PatientFacts,
        directory: PatientFacts = PatientFacts(),
        policies: PolicySet
    ) {
        var builder = ContextBuilder(
            request: request,
            facts: facts.index,
            directory: directory.index,
            policies: policies
        )
        builder.build()
        self.request = request
        self.policies = policies
        self.facts = builder.facts
        self.directory = builder.directory
        identity = builder.identity
        relationships = builder.relationships
        purposes = builder.purposes
        jurisdiction = builder.jurisdiction
        liveRules = builder.liveRules
        layerStarts = builder.layerStarts
        liveExceptions = builder.liveExceptions
        liveConsents = builder.liveConsents
        liveProvisions = builder.liveProvisions
        liveRestrictions = builder.liveRestrictions
        malformed = builder.malformed
        claimIDs = builder.claimIDs
        billedIDs = builder.billedIDs
        coverageIDs = builder.coverageIDs
        refusal = builder.refusal
        problems = builder.problems
    }

    /// Whether one record may go.
    ///
    /// - Parameter record: With its detail. A record that names a second patient must be permitted in that
    ///   patient's context too.
    /// - Returns: The answer and the layer that gave it.
    public func verdict(for record: RecordAttributes) -> Verdict {
        let answer = evaluate(RecordView(record))
        return Verdict(effect: answer.isPermit ? .permit : .deny, layer: answer.layer)
    }

    /// Whether all, none or some of a segment's records may go: the same rules, with everything finer than
    /// the segment unknown.
    ///
    /// - Parameters:
    ///   - category: The segment's category.
    ///   - labels: The segment's labels; they include every label that the records' own security codes
    ///     stand for.
    /// - Returns: ``SegmentVerdict/permit`` and ``SegmentVerdict/deny`` hold for every record.
    public func segmentVerdict(category: DataCategory, labels: LabelSet) -> SegmentVerdict {
        let answer = evaluate(RecordView(category: category, labels: labels, detail: nil))
        switch (answer.canPermit, answer.canDeny) {
        case (true, false): return .permit
        case (true, true): return .depends
        default: return .deny
        }
    }

    /// The answer with its reasons.
    ///
    /// - Parameter record: One record, or `nil` for the request as a whole: then it is permitted if
    ///   anything at all may be permitted to this requester for this purpose.
    /// - Returns: Everything that an officer or the patient may ask about it.
    public func decision(for record: RecordAttributes? = nil) -> Decision {
        let view = record.map(RecordView.init) ?? .anything
        let answer = evaluate(view)
        let effect: Effect = answer.canPermit ? .permit : .deny
        let layer = answer.canPermit ? answer.permitLayer : answer.layer
        let rules = determining(view, layer: layer, effect: effect)
        return Decision(
            effect: effect,
            layer: layer,
            rules: rules,
            obligations: obligations(view, layer: layer, effect: effect),
            problems: problems
        )
    }
}

/// A rule whose request part holds.
struct LiveRule: Sendable {
    /// Index into ``PolicySet/rules``.
    let rule: Int
    let isDeny: Bool
    let record: CompiledPolicies.RecordTest
    /// Indices into ``DecisionContext/liveExceptions``.
    let unless: Range<Int>
}

/// Where each of the seven kinds of rules (six layers, obligations) begins in a list ordered by layer.
struct LayerStarts: Sendable {
    private var starts: (Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0)
    private var end = 0

    /// Notes that a rule of a layer was added; layers come in order.
    mutating func add(layer: Int) {
        end += 1
        if layer < 1 { starts.1 = end }
        if layer < 2 { starts.2 = end }
        if layer < 3 { starts.3 = end }
        if layer < 4 { starts.4 = end }
        if layer < 5 { starts.5 = end }
        if layer < 6 { starts.6 = end }
    }

    /// The rules of a layer; 6 for obligations.
    func range(_ layer: Int) -> Range<Int> {
        switch layer {
        case 0: 0..<starts.1
        case 1: starts.1..<starts.2
        case 2: starts.2..<starts.3
        case 3: starts.3..<starts.4
        case 4: starts.4..<starts.5
        case 5: starts.5..<starts.6
        default: starts.6..<end
        }
    }
}

/// A consent in force, with what of it concerns this request.
struct LiveConsent: Sendable {
    /// Index into the facts' consents.
    let consent: Int
    /// Where its provisions stand in ``DecisionContext/liveProvisions``.
    let nodes: Range<Int>
    /// Whether the default law is closed where the root does not cover the record.
    let closesDefault: Bool
    /// Whether a rule of it holds in an emergency too.
    let hasAbsolute: Bool
}

/// A provision, and whether its request part holds.
struct LiveProvision: Sendable {
    /// Index in the consent, as is the place of a node wherever one is named.
    let parent: Int
    let kind: Provision.Kind
    let matches: Bool
    /// It names no recipient and the requester's kind must be named: it permits nothing by itself and only
    /// shows that the patient consented to a kind of disclosure.
    let isMuted: Bool
    /// Nothing about the record restricts it.
    let isOpen: Bool
    /// Its labels, where nothing else about the record restricts it.
    let masks: LabelMasks?
    /// Sensitive labels must be named by the provision itself (family, integrations).
    let mustNameLabels: Bool
    /// A deny that names emergencies: it holds in a break-glass too.
    let isAbsolute: Bool
    /// A permit that names recipient and purposes: an authorization.
    let isExplicit: Bool
}

/// A restriction that concerns this requester.
struct LiveRestriction: Sendable {
    let restriction: Int
    let isAbsolute: Bool
}
