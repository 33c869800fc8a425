internal import FHIRModel

/// A record, a segment (no detail) or a whole request (nothing known) as the rules look at it, with what
/// every rule asks worked out once.
struct RecordView {
    let category: DataCategory?
    /// 0 where the category is not known.
    let categoryBit: UInt64
    let labels: LabelSet?
    let detail: RecordDetail?
    /// The effective confidentiality from 0 (`U`) to 5 (`V`), -1 where there is none, `nil` if not known.
    ///
    /// A record with any label is at least `R`, whatever its code says.
    let rank: Int?

    /// Nothing is known, which asks what may be permitted at all.
    static let anything = RecordView(category: nil, labels: nil, detail: nil)

    init(category: DataCategory?, labels: LabelSet?, detail: RecordDetail?) {
        self.category = category
        categoryBit = category?.bit ?? 0
        self.labels = labels
        self.detail = detail
        if let labels, !labels.isEmpty {
            rank = labels.contains(.veryRestricted) ? 5 : 4
        } else {
            rank = detail.map { Int($0.confidentiality) }
        }
    }

    init(_ record: RecordAttributes) {
        self.init(category: record.category, labels: record.labels, detail: record.detail)
    }
}
