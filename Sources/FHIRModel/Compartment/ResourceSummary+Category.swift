extension ResourceSummary {
    /// What kind of data this record is.
    ///
    /// Independent of the order of codes; of several that apply the first of the fixed list in
    /// docs/design/fhir-model.md wins.
    ///
    /// - Parameter document: The document this summary was gathered from.
    /// - Returns: ``DataCategory/other`` where the codes are not understood.
    public func category(in document: JSONDocument) -> DataCategory {
        if let category = DataCategory(type) { return category }
        switch type {
        case .observation: return best(of: CategoryCodes.observation, in: document) ?? .other
        case .diagnosticReport:
            return best(of: CategoryCodes.report, in: document)
                ?? (texts.isEmpty && attachments.isEmpty ? .other : reportByContent)
        case .documentReference:
            return best(of: CategoryCodes.document, in: document) ?? .documents
        case .media: return mediaCategory(in: document)
        case .communication:
            return best(of: CategoryCodes.communication, in: document)
                ?? (concernsBill(at: .about, in: document) ? .billing : .messages)
        case .task: return taskCategory(in: document)
        case .list: return best(of: CategoryCodes.list, in: document) ?? .other
        default: return .other
        }
    }

    /// A report without a category that is understood: a text is a note; without one nothing is known.
    private var reportByContent: DataCategory {
        attachments.contains { $0.place.leaf == .presentedForm } ? .notes : .other
    }

    private func mediaCategory(in document: JSONDocument) -> DataCategory {
        let isImage = codings.contains {
            $0.place.top == .type
                && (document.equals($0.code, "image") || document.equals($0.code, "video"))
        }
        return isImage || attachments.contains { isPicture($0, in: document) }
            ? .imaging : .documents
    }

    private func isPicture(_ attachment: AttachmentSpan, in document: JSONDocument) -> Bool {
        document.withText(attachment.contentType) {
            $0.starts(with: "image/".utf8) || $0.starts(with: "video/".utf8)
        }
    }

    /// A task about a bill is a dispute of it: what a payer or biller does on their own is no Task here.
    private func taskCategory(in document: JSONDocument) -> DataCategory {
        if let category = best(of: CategoryCodes.task, in: document) { return category }
        return concernsBill(at: .focus, in: document) ? .disputes : .tasks
    }

    private func concernsBill(at element: ElementName, in document: JSONDocument) -> Bool {
        references.contains { span in
            guard span.place.top == element, !span.place.isContained,
                let target = span.targetType(in: document)
            else { return false }
            return DataCategory(target) == .billing
        }
    }

    /// The first row of a table of which any code of `category`, `code` or `type` is part.
    private func best(of table: CategoryCodes, in document: JSONDocument) -> DataCategory? {
        var found: Int?
        for coding in codings where table.elements.contains(coding.place.top) {
            if coding.place.isContained || coding.place.isInExtension { continue }
            let limit = found ?? table.rows.count
            for (rank, row) in table.rows[..<limit].enumerated()
            where row.codes.contains(where: { document.equals(coding.code, $0) }) {
                found = rank
                break
            }
        }
        return found.map { table.rows[$0].category }
    }
}

/// Codes that tell a category, the strictest category first; a code counts whatever its system is called,
/// because older files name older systems and a code read too widely only moves a record to its own kind.
struct CategoryCodes: Sendable {
    struct Row: Sendable {
        let category: DataCategory
        let codes: [StaticString]
    }

    let elements: [ElementName]
    let rows: [Row]

    init(_ elements: [ElementName], _ rows: [(DataCategory, [StaticString])]) {
        self.elements = elements
        self.rows = rows.map { Row(category: $0.0, codes: $0.1) }
    }

    /// Observation.category (observation-category, US Core) and v2-0074 sections.
    static let observation = CategoryCodes(
        [.category],
        [
            (.genomics, ["GE", "genomics", "genetics"]),
            (.laboratory, laboratory),
            (.imaging, imaging),
            (.socialHistory, ["social-history", "sdoh"]),
            (
                .questionnaires,
                [
                    "survey", "functional-status", "disability-status", "cognitive-status",
                    "treatment-intervention-preference", "care-experience-preference",
                ]
            ),
            (.vitalSigns, ["vital-signs", "vital-sign"]),
            (.procedures, ["procedure", "therapy"]),
            (.conditions, ["exam"]),
            (.socialHistory, ["activity"]),
        ]
    )

    /// DiagnosticReport.category: v2-0074, LOINC note classes of US Core, document classes of LOINC.
    static let report = CategoryCodes(
        [.category],
        [
            (.genomics, ["GE", "genomics", "genetics"]),
            (.laboratory, laboratory + ["LP7839-6"]),
            (.imaging, imaging + ["LP29684-5"]),
            (.procedures, ["LP29708-2", "EC", "EN", "PF", "RT", "OTH"]),
            (
                .notes,
                [
                    "34117-2", "51847-2", "11488-4", "18842-5", "11506-3", "28570-0", "34746-8",
                    "PHY", "CP",
                ]
            ),
        ]
    )

    /// DocumentReference.category and type.
    static let document = CategoryCodes(
        [.category, .type],
        [
            (.education, ["34895-3", "69730-0", "311401005", "education", "patient-education"]),
            (.imaging, ["LP29684-5", "18748-4", "imaging"]),
            (.laboratory, ["LP7839-6", "11502-2", "26436-6", "laboratory"]),
            (
                .notes,
                [
                    "clinical-note", "34117-2", "51847-2", "11488-4", "18842-5", "11506-3",
                    "28570-0", "34746-8", "34133-9", "34109-9", "History and Physical",
                ]
            ),
        ]
    )

    /// Communication.category and topic.
    static let communication = CategoryCodes(
        [.category],
        [
            (.disputes, dispute),
            (.billing, ["billing", "payment", "invoice"]),
            (
                .feedback,
                ["feedback", "complaint", "compliment", "satisfaction", "patient-feedback"]
            ),
            (.education, ["education", "patient-education", "311401005", "34895-3"]),
        ]
    )

    /// Task.code.
    static let task = CategoryCodes([.code], [(.disputes, dispute)])

    /// List.code of FHIR's example list codes and of LOINC.
    static let list = CategoryCodes(
        [.code],
        [
            (.allergies, ["allergies", "adverserxns", "48765-2"]),
            (.medications, ["medications", "10160-0", "29549-3"]),
            (.conditions, ["problems", "11450-4", "alerts"]),
            (.immunizations, ["11369-6"]),
            (.carePlans, ["plans", "protocols"]),
        ]
    )

    private static let dispute: [StaticString] = [
        "dispute", "billing-dispute", "claim-dispute", "appeal", "payment-dispute",
    ]

    private static let laboratory: [StaticString] = [
        "laboratory", "LAB", "HM", "CH", "MB", "SP", "BLB", "CG", "CTH", "CT-LAB", "IMM", "MCB",
        "MYC", "PAR", "SR", "TX", "VR", "RSLT", "108252007", "252275004",
    ]

    private static let imaging: [StaticString] = [
        "imaging", "RAD", "CT", "CUS", "OUS", "VUS", "NMR", "NMS", "RUS", "MRI", "RX", "XRC",
        "OSL", "363679005", "394914008",
    ]
}
