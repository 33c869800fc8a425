internal import FHIRModel

/// A record, a segment (no detail) or a whole request (nothing known) as the rules look at it, with what
/// every rule asks worked out once.
struct RecordView {
    /// What a record's own security codes say of topics.
    enum Topics: Sendable, Hashable {
        /// Only the segment is asked about.
        case unknown
        /// Bits of ``LabelCodes/topics(of:)``.
        case known(UInt64)
        /// A code that is no v3 code: the codes themselves must be looked at.
        case foreign
    }

    let category: DataCategory?
    /// 0 where the category is not known.
    let categoryBit: UInt64
    let labels: LabelSet?
    let topics: Topics
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
        topics = detail?.topics ?? .unknown
        if let labels, !labels.isEmpty {
            rank = labels.contains(.veryRestricted) ? 5 : 4
        } else {
            rank = detail.map { Int($0.confidentiality) }
        }
    }

    init(_ record: RecordAttributes) {
        self.init(category: record.category, labels: record.labels, detail: record.detail)
    }

    /// Everything that all records of a class have in common, and nothing finer.
    init(_ kind: RecordClass, category: DataCategory) {
        self.category = category
        categoryBit = kind.category
        labels = LabelSet(bits: kind.labels)
        rank = Int(kind.rank)
        topics = .known(kind.topics)
        detail = nil
    }
}

/// Records that no label, category or confidentiality tells apart: most of a patient's thousands of records
/// fall into a few dozen classes.
struct RecordClass: Hashable {
    let category: UInt64
    let labels: UInt32
    let rank: Int8
    let topics: UInt64

    /// `nil` where a security code must be looked at by itself.
    init?(_ view: RecordView) {
        guard let labels = view.labels, let rank = view.rank, case .known(let topics) = view.topics
        else { return nil }
        category = view.categoryBit
        self.labels = labels.bits
        self.rank = Int8(rank)
        self.topics = topics
    }
}
