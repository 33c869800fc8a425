public import FHIRModel
internal import VaultCore

/// One request with the facts and policies it is decided by.
///
/// A decision has two steps. Step one, here and in ContextBuilder, works out everything that does not
/// depend on the record, once. Step two, in LayerWalk, asks the layers about a record, thousands of times.
/// A value without I/O, clock or randomness: the same input gives the same answers for ever.
public struct DecisionContext: Sendable {
    let core: DecisionCore

    /// The question.
    public var request: AccessRequest { core.request }
    /// The policies that answer it.
    public var policies: PolicySet { core.policies }
    /// Country whose law applies, ISO 3166-1 alpha-2.
    public var jurisdiction: String {
        core.facts.tables.jurisdiction ?? core.policies.options.defaultJurisdiction
    }

    /// Works out what a request may do.
    ///
    /// - Parameters:
    ///   - request: The question.
    ///   - facts: What is known of the patient.
    ///   - directory: What is known of practitioners and organizations.
    ///   - policies: The policies in force.
    public init(
        request: consuming AccessRequest,
        facts: PatientFacts,
        directory: PatientFacts = .nothing,
        policies: PolicySet
    ) {
        var builder = ContextBuilder(
            request: request,
            facts: facts.index,
            directory: directory.index,
            policies: policies
        )
        builder.build()
        core = DecisionCore(builder)
    }

    /// Whether one record may go.
    ///
    /// - Parameter record: With its detail. A record that names a second patient must be permitted in that
    ///   patient's context too.
    /// - Returns: The answer and the layer that gave it.
    public func verdict(for record: RecordAttributes) -> Verdict {
        Verdict(core.evaluate(RecordView(record)))
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
        let answer = core.evaluate(RecordView(category: category, labels: labels, detail: nil))
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
        core.decision(record.map(RecordView.init) ?? .anything)
    }
}

/// What step one found; shared by every decision about the same request, and never changed.
final class DecisionCore: Sendable {
    /// Moved here whole, for copying its parts took a third of a decision's time.
    private let found: ContextBuilder

    init(_ found: consuming ContextBuilder) { self.found = found }

    var request: AccessRequest { _read { yield found.request } }
    var policies: PolicySet { _read { yield found.policies } }
    var facts: FactIndex { _read { yield found.facts } }
    var directory: FactIndex { _read { yield found.directory } }
    var identity: Identity { _read { yield found.identity } }
    var relationships: UInt32 { found.relationships }
    var purposes: RequestedPurposes { _read { yield found.purposes } }
    var evidence: UInt32 { found.evidence }
    /// What documents limit a representative to, one bit for each category; `nil` without such a limit.
    var representation: UInt64? { found.representation }
    var breakGlass: PolicyRule.BreakGlassState { found.breakGlass }
    /// Which kinds of consents are in force.
    var consents: PolicyRule.ConsentStates { found.consents }
    /// Rules whose request part holds, ordered by layer, obligations last.
    var liveRules: [LiveRule] { _read { yield found.liveRules } }
    /// Where each layer begins in ``liveRules``.
    var layerStarts: LayerStarts { found.layerStarts }
    /// Consents in force that can say something to this request.
    var liveConsents: [LiveConsent] { _read { yield found.liveConsents } }
    /// The provisions, by their place in the facts, whose request part holds.
    var matching: BitList { _read { yield found.matching } }
    var liveRestrictions: [LiveRestriction] { _read { yield found.liveRestrictions } }
    /// Malformed consents that stop this request, by index.
    var malformed: [Int] { _read { yield found.malformed } }
    var payments: PaymentScope { _read { yield found.payments } }
    /// Why the request as such cannot be answered; denies everything.
    var refusal: String? { _read { yield found.refusal } }
    var problems: [String] { _read { yield found.problems } }

    var isPatient: Bool { relationships & Relationship.patient.bit != 0 }
}

/// A rule whose request part holds.
struct LiveRule: Sendable {
    /// Index into ``PolicySet/rules``.
    let rule: Int32
    let isDeny: Bool
    /// Which of its exceptions still ask something of the record, one bit each.
    let exceptions: UInt32
}

/// Where each of the seven kinds of rules (six layers, obligations) begins in a list ordered by layer.
struct LayerStarts: Sendable {
    /// Where each kind ends, sixteen bits each; the last ends with the list.
    private var ends = (UInt64(0), UInt64(0))

    /// Notes that a rule of a layer was added; layers come in order.
    mutating func add(layer: Int) {
        // One more in the field of the layer and of every later one.
        if layer < 4 {
            ends.0 += 0x0001_0001_0001_0001 << UInt64(16 * layer)
            ends.1 += 0x0001_0001_0001_0001
        } else {
            ends.1 += 0x0001_0001_0001_0001 << UInt64(16 * (layer - 4))
        }
    }

    private func end(_ layer: Int) -> Int {
        let word = layer < 4 ? ends.0 : ends.1
        return Int(word >> UInt64(16 * (layer & 3)) & 0xFFFF)
    }

    /// The rules of a layer; 6 for obligations.
    func range(_ layer: Int) -> Range<Int> {
        (layer == 0 ? 0 : end(layer - 1))..<end(layer)
    }
}

/// A consent in force, with what of it concerns this request.
struct LiveConsent: Sendable {
    /// Index into the facts' consents.
    let consent: Int
    /// Where its provisions stand in ``InternedFacts/provisions``.
    let nodes: Range<Int>
    /// Whether the default law is closed where the root does not cover the record.
    let closesDefault: Bool
    /// Whether a rule of it holds in an emergency too.
    let hasAbsolute: Bool
}

/// A restriction that concerns this requester.
struct LiveRestriction: Sendable {
    let restriction: Int
    let isAbsolute: Bool
}
