/// The security labels of one rule, laid out for comparison with a record's.
///
/// Confidentiality is a clearance: a deny for `R` covers `V` too, a permit covers the codes it lists and,
/// with `N`, what is below normal. A record with a sensitive label is at least `R`, whatever it says.
struct LabelCriterion: Sendable, Hashable {
    private let codes: [CodedValue]
    /// Bit per confidentiality rank that is listed.
    private let confidentiality: UInt8
    /// Labels that the list names in full.
    let named: LabelSet
    /// Labels that any code of the list touches.
    private let touched: LabelSet

    init(_ codes: [CodedValue]) {
        self.codes = codes
        confidentiality = codes.compactMap { LabelCodes.confidentialityRank($0) }
            .reduce(0) { $0 | 1 << UInt8($1) }
        named = codes.reduce(LabelSet.none) { $0.union(LabelCodes.labelsNamed(by: $1)) }
        touched = codes.reduce(LabelSet.none) { $0.union(LabelCodes.labels(of: $1)) }
            .subtracting(Self.confidentialityLabels)
    }

    private static let confidentialityLabels: LabelSet = [.restricted, .veryRestricted]
    private static let readable: Set<String> = [
        CodeSystem.confidentiality, CodeSystem.actCode, CodeSystem.sensitivityLabel,
    ]

    /// Labels that make a record sensitive; the two confidentiality marks are no topic.
    static func sensitive(_ labels: LabelSet) -> LabelSet {
        labels.subtracting(confidentialityLabels)
    }

    /// Whether a permit with these labels covers a record.
    func permits(_ record: RecordView, unlabelledIsNormal: Bool) -> Truth {
        guard let labels = record.labels else { return .unknown }
        let rank = Self.rank(of: labels, detail: record.detail, isNormal: unlabelledIsNormal)
        // Without detail the code is none or at most normal, else the label would show it.
        if rank == nil, unlabelledIsNormal, confidentiality & 0b1000 != 0 { return .yes }
        if confidentiality != 0, coversConfidentiality(rank) == .yes { return .yes }
        let bySensitivity = coversSensitivity(of: labels, detail: record.detail)
        return confidentiality == 0 ? bySensitivity : coversConfidentiality(rank) || bySensitivity
    }

    /// Whether a deny with these labels covers a record.
    func denies(_ record: RecordView, unlabelledIsNormal: Bool) -> Truth {
        guard let labels = record.labels else { return .unknown }
        if !labels.intersection(touched).isEmpty { return .yes }
        if confidentiality != 0 {
            let rank = Self.rank(of: labels, detail: record.detail, isNormal: true)
            if let rank, rank >= confidentiality.trailingZeroBitCount { return .yes }
        }
        guard let detail = record.detail else { return .unknown }
        return Truth(detail.securityCodes.contains { touches($0) })
    }

    /// Whether everything sensitive about a record is named here: each label by a listed code that names it
    /// in full, or by its own codes, each of them listed.
    ///
    /// - Parameters:
    ///   - labels: The record's labels.
    ///   - detail: Its own codes, where they are known.
    /// - Returns: No where nothing about the record is sensitive: then there is nothing to cover.
    func coversSensitivity(of labels: LabelSet, detail: RecordDetail?) -> Truth {
        guard !labels.isEmpty else { return .no }
        let sensitive = Self.sensitive(labels)
        let rest = sensitive.subtracting(named(in: labels))
        if rest.isEmpty, !sensitive.isEmpty { return .yes }
        guard let detail else { return .unknown }
        let source = detail.securityCodes.filter { LabelCodes.isSensitivity($0) }
        if sensitive.isEmpty {
            return Truth(!source.isEmpty && source.allSatisfy(isListed))
        }
        for label in rest where !isCovered(label, by: source) { return .no }
        return .yes
    }

    /// Labels that the list names in full for a record: who names the records of an addiction program names
    /// the substance use they tell of.
    func named(in labels: LabelSet) -> LabelSet {
        named.contains(.part2) && labels.contains(.part2) ? named.adding(.substanceUse) : named
    }

    private func isListed(_ code: CodedValue) -> Bool {
        codes.contains { LabelCodes.includes($0, code) }
    }

    private func isCovered(_ label: SensitivityLabel, by source: [CodedValue]) -> Bool {
        let own = source.filter { LabelCodes.labels(of: $0).contains(label) }
        return !own.isEmpty
            && own.allSatisfy(isListed)
    }

    private func touches(_ code: CodedValue) -> Bool {
        guard LabelCodes.confidentialityRank(code) == nil else { return false }
        return codes.contains { listed in
            if LabelCodes.includes(listed, code) || LabelCodes.includes(code, listed) {
                return true
            }
            // The same code in a system that nobody can read may be the same label.
            let isForeign =
                !Self.readable.contains(listed.system) || !Self.readable.contains(code.system)
            return isForeign && listed.code == code.code
        }
    }

    /// A rank is `nil` where it is not known.
    private func coversConfidentiality(_ rank: Int?) -> Truth {
        guard let rank else { return confidentiality & 0b1111 == 0 ? .no : .unknown }
        if rank < 0 { return .no }
        if confidentiality & 1 << UInt8(rank) != 0 { return .yes }
        // A code below normal is covered by any higher one up to normal.
        return Truth(rank < 3 && (confidentiality & 0b1111) >> UInt8(rank) != 0)
    }

    /// The effective confidentiality, -1 where the record has none, `nil` where it is not known.
    private static func rank(of labels: LabelSet, detail: RecordDetail?, isNormal: Bool) -> Int? {
        if labels.contains(.veryRestricted) { return 5 }
        if !labels.isEmpty { return 4 }
        guard let detail else { return nil }
        let highest = detail.securityCodes.compactMap { LabelCodes.confidentialityRank($0) }.max()
        return highest ?? (isNormal ? 3 : -1)
    }
}
