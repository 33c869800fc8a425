/// The security labels of one rule as plain numbers; what they cannot answer, the codes must.
struct LabelMasks: Sendable, Hashable {
    /// Bit per confidentiality rank that is listed.
    let confidentiality: UInt8
    /// Labels that the list names in full.
    let named: LabelSet
    /// Labels that any code of the list touches.
    let touched: LabelSet

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
        guard let bySensitivity = coversSensitivity(of: labels, detail: record.detail) else {
            return nil
        }
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
        guard let detail = record.detail else { return .unknown }
        return detail.hasTopicCodes ? nil : .no
    }

    /// Whether everything sensitive about a record is named; `nil` where its own codes must be looked at.
    func coversSensitivity(of labels: LabelSet, detail: RecordDetail?) -> Truth? {
        guard !labels.isEmpty else { return .no }
        let sensitive = labels.subtracting(Self.clearances)
        if !sensitive.isEmpty, sensitive.subtracting(named(in: labels)).isEmpty { return .yes }
        guard let detail else { return .unknown }
        return detail.hasTopicCodes ? nil : .no
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
