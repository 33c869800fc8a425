internal import FHIRModel

/// A record, a segment (no detail) or a whole request (nothing known) as the rules look at it.
struct RecordView {
    let category: DataCategory?
    let labels: LabelSet?
    let detail: RecordDetail?

    /// Nothing is known, which asks what may be permitted at all.
    static let anything = RecordView(category: nil, labels: nil, detail: nil)

    init(category: DataCategory?, labels: LabelSet?, detail: RecordDetail?) {
        self.category = category
        self.labels = labels
        self.detail = detail
    }

    init(_ record: RecordAttributes) {
        self.init(category: record.category, labels: record.labels, detail: record.detail)
    }
}
