/// The security labels of one rule as plain numbers; what they cannot answer, the codes must.
struct LabelMasks: Sendable, Hashable {
    /// Bit per confidentiality rank that is listed.
    let confidentiality: UInt8
    /// Labels that the list names in full.
    let named: LabelSet
    /// Labels that any code of the list touches.
    let touched: LabelSet
    /// Topics (``LabelCodes/topics(of:)``) that a code of the list includes.
    let includedTopics: UInt64
    /// Topics that a code of the list touches.
    let touchedTopics: UInt64

    static let clearances: LabelSet = [.restricted, .veryRestricted]
    private static let part2: LabelSet = [.part2]
    private static let substanceUse: LabelSet = [.substanceUse]

    /// Labels that the list names in full for a record: who names the records of an addiction program names
    /// the substance use they tell of.
    func named(in labels: LabelSet) -> LabelSet {
        named.intersection(labels).intersection(Self.part2).isEmpty
            ? named : named.union(Self.substanceUse)
    }

    /// Whether a permit covers a record; `nil` where the record's own codes must be looked at.
    func permits(_ record: RecordView, unlabelledIsNormal: Bool) -> Truth? {
        guard let labels = record.labels else { return .unknown }
        var byCode = Truth.no
        if confidentiality != 0 {
            byCode = coversRank(record.rank, unlabelledIsNormal: unlabelledIsNormal)
            if byCode == .yes || labels.isEmpty { return byCode }
        }
        guard let bySensitivity = coversSensitivity(of: labels, record) else { return nil }
        return byCode || bySensitivity
    }

    /// Whether a deny covers a record; `nil` where the record's own codes must be looked at.
    func denies(_ record: RecordView) -> Truth? {
        guard let labels = record.labels else { return .unknown }
        if !labels.intersection(touched).isEmpty { return .yes }
        if confidentiality != 0, let rank = record.rank,
            // A record without a code counts as normal here.
            (rank < 0 ? 3 : rank) >= confidentiality.trailingZeroBitCount
        {
            return .yes
        }
        switch record.topics {
        case .unknown: return .unknown
        case .foreign: return nil
        case .known(let topics): return Truth(topics & touchedTopics != 0)
        }
    }

    /// Whether everything sensitive about a record is named; `nil` where its own codes must be looked at.
    func coversSensitivity(of labels: LabelSet, _ record: RecordView) -> Truth? {
        guard !labels.isEmpty else { return .no }
        let sensitive = labels.subtracting(Self.clearances)
        let unnamed = sensitive.subtracting(named(in: labels))
        if !sensitive.isEmpty, unnamed.isEmpty { return .yes }
        switch record.topics {
        case .unknown: return .unknown
        case .foreign: return nil
        case .known(let topics):
            if sensitive.isEmpty { return Truth(topics != 0 && topics & ~includedTopics == 0) }
            return Truth(isEach(of: unnamed, coveredBy: topics))
        }
    }

    /// Whether each label comes from codes of the record, all of them included by the list.
    private func isEach(of labels: LabelSet, coveredBy topics: UInt64) -> Bool {
        var rest = labels.bits
        while rest != 0 {
            let own = topics & LabelCodes.topicsOfLabels[rest.trailingZeroBitCount]
            if own == 0 || own & ~includedTopics != 0 { return false }
            rest &= rest - 1
        }
        return true
    }

    /// A rank is `nil` where it is not known: the code is then none or at most normal, else a label would
    /// show it.
    private func coversRank(_ rank: Int?, unlabelledIsNormal: Bool) -> Truth {
        guard let rank else {
            if unlabelledIsNormal, confidentiality & 0b1000 != 0 { return .yes }
            return confidentiality & 0b1111 == 0 ? .no : .unknown
        }
        if rank < 0 { return Truth(unlabelledIsNormal && confidentiality & 0b1000 != 0) }
        if confidentiality & 1 << UInt8(rank) != 0 { return .yes }
        // A code below normal is covered by any higher one up to normal.
        return Truth(rank < 3 && (confidentiality & 0b1111) >> UInt8(rank) != 0)
    }
}
