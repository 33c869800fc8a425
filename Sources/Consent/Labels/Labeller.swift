public import FHIRModel

/// Finds the labels of one record by its codes, words and security labels; pure but for its scratch memory.
///
/// One labeller for each task; the memory is used again from one record to the next. What it reads and what
/// it leaves out is in docs/design/labels.md.
public struct Labeller: Sendable {
    let tables: LabelTables
    var folded = FoldedText()
    var attachment = AttachmentText()
    var result = LabelResult()
    /// Labels of ``result`` that have a reason from a code or mark, and those that have one from a word.
    var reasoned = (codes: LabelSet.none, words: LabelSet.none)
    /// Starts of displays that are not read: names of providers, displays of harmless codes.
    var skipped: [UInt32] = []
    /// Displays of harmless codes: a `text` that only repeats one is not read either.
    var harmless: [ByteSpan] = []

    /// Makes a labeller.
    ///
    /// - Parameter tables: Compiled tables.
    public init(_ tables: LabelTables) {
        self.tables = tables
    }

    /// Labels a record.
    ///
    /// - Parameters:
    ///   - summary: The record's summary.
    ///   - document: The document the summary was gathered from.
    ///   - marks: Labels that the import sets by itself, such as `42cfr-part2`.
    /// - Returns: Labels and why.
    public mutating func label(
        _ summary: ResourceSummary,
        in document: JSONDocument,
        marks: LabelSet = .none
    ) -> LabelResult {
        result = LabelResult()
        reasoned = (.none, .none)
        skipped.removeAll(keepingCapacity: true)
        harmless.removeAll(keepingCapacity: true)
        if !marks.isEmpty { note(marks, .source, .unknown) }
        let reading = RecordReading(summary.type)
        document.withBytes { bytes in
            for label in summary.securityLabels { read(security: label, in: document) }
            if reading != .marks {
                for coding in summary.codings { read(coding, summary.type, bytes, document) }
            }
        }
        if reading == .all {
            for reference in summary.references { skipName(in: reference, document) }
            for text in summary.texts { read(text, in: document) }
            for attachment in summary.attachments { read(attachment, in: document) }
        }
        return result
    }

    /// Adds labels with a reason that is no word.
    @inline(__always)
    mutating func note(
        _ labels: LabelSet,
        _ source: @autoclosure () -> LabelSource,
        _ field: ElementName
    ) {
        result.labels = result.labels.union(labels)
        let new = labels.subtracting(reasoned.codes)
        if new.isEmpty { return }
        reasoned.codes = reasoned.codes.union(new)
        result.coded = reasoned.codes
        let source = source()
        for label in new {
            result.bases.removeAll { $0.label == label }
            result.bases.append(LabelBasis(label: label, source: source, field: field))
        }
    }

    /// Adds labels that words of a text give.
    @inline(__always)
    mutating func note(words labels: LabelSet, rule: Int, _ field: ElementName) {
        let new = labels.subtracting(reasoned.codes.union(reasoned.words))
        if new.isEmpty { return }
        result.labels = result.labels.union(labels)
        reasoned.words = reasoned.words.union(new)
        let word = tables.words.rules[rule]
        let group = tables.words.groups[word.group]
        let source = LabelSource.word(list: group.file, line: word.line, group: group.title)
        for label in new {
            result.bases.append(LabelBasis(label: label, source: source, field: field))
        }
    }
}

/// How much of a record the labeller reads.
enum RecordReading {
    /// Codes, texts, attachments.
    case all
    /// Codes only: the words are names and addresses of a person.
    case codes
    /// Only security labels: the record is in the shared directory and no patient's.
    case marks

    init(_ type: ResourceType) {
        switch type {
        case .patient, .relatedPerson, .person: self = .codes
        case .organization, .practitioner, .practitionerRole, .location, .healthcareService,
            .endpoint:
            self = .marks
        default: self = .all
        }
    }
}
