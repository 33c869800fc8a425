/// The security labels of one rule, laid out for comparison with a record's.
///
/// Confidentiality is a clearance: a deny for `R` covers `V` too, a permit covers the codes it lists and,
/// with `N`, what is below normal. A record with a sensitive label is at least `R`, whatever it says.
struct LabelCriterion: Sendable, Hashable {
    private let codes: [CodedValue]
    let masks: LabelMasks

    init(_ codes: [CodedValue]) {
        self.codes = codes
        let touches = { (code: CodedValue) in codes.contains { Self.touches($0, code) } }
        let includes = { (code: CodedValue) in codes.contains { LabelCodes.includes($0, code) } }
        masks = LabelMasks(
            confidentiality: codes.compactMap { LabelCodes.confidentialityRank($0) }
                .reduce(0) { $0 | 1 << UInt8($1) },
            named: codes.reduce(LabelSet.none) { $0.union(LabelCodes.labelsNamed(by: $1)) },
            touched: codes.reduce(LabelSet.none) { $0.union(LabelCodes.labels(of: $1)) }
                .subtracting(LabelMasks.clearances),
            includedTopics: LabelCodes.topics(where: includes),
            touchedTopics: LabelCodes.topics(where: touches)
        )
    }

    private static let readable: Set<String> = [
        CodeSystem.confidentiality, CodeSystem.actCode, CodeSystem.sensitivityLabel,
    ]

    /// Whether a permit with these labels covers a record.
    func permits(_ record: RecordView, unlabelledIsNormal: Bool) -> Truth {
        if let known = masks.permits(record, unlabelledIsNormal: unlabelledIsNormal) {
            return known
        }
        return coversSensitivity(of: record.labels ?? .none, record)
    }

    /// Whether a deny with these labels covers a record.
    func denies(_ record: RecordView) -> Truth {
        if let known = masks.denies(record) { return known }
        return Truth(
            record.detail?.securityCodes.contains { code in
                LabelCodes.confidentialityRank(code) == nil
                    && codes.contains { Self.touches($0, code) }
            } ?? false
        )
    }

    /// Whether everything sensitive about a record is named here: each label by a listed code that names it
    /// in full, or by its own codes, each of them listed.
    ///
    /// - Parameters:
    ///   - labels: The record's labels.
    ///   - record: Its own codes, where they are known.
    /// - Returns: No where nothing about the record is sensitive: then there is nothing to cover.
    func coversSensitivity(of labels: LabelSet, _ record: RecordView) -> Truth {
        if let known = masks.coversSensitivity(of: labels, record) { return known }
        let source = (record.detail?.securityCodes ?? []).filter { LabelCodes.isSensitivity($0) }
        let sensitive = labels.subtracting(LabelMasks.clearances)
        if sensitive.isEmpty { return Truth(!source.isEmpty && source.allSatisfy(isListed)) }
        for label in sensitive.subtracting(masks.named(in: labels))
        where !isCovered(label, by: source) {
            return .no
        }
        return .yes
    }

    private func isListed(_ code: CodedValue) -> Bool {
        codes.contains { LabelCodes.includes($0, code) }
    }

    private func isCovered(_ label: SensitivityLabel, by source: [CodedValue]) -> Bool {
        let own = source.filter { LabelCodes.labels(of: $0).contains(label) }
        return !own.isEmpty && own.allSatisfy(isListed)
    }

    /// Whether a listed code and a record's code that speaks of a topic may mean the same.
    private static func touches(_ listed: CodedValue, _ code: CodedValue) -> Bool {
        if LabelCodes.includes(listed, code) || LabelCodes.includes(code, listed) { return true }
        // The same code in a system that nobody can read may be the same label.
        let isForeign = !readable.contains(listed.system) || !readable.contains(code.system)
        return isForeign && listed.code == code.code
    }
}
