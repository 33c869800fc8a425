public import FHIRModel

/// How labels follow a reference from one record to another of the same patient.
public enum LabelLink: UInt8, Sendable, Hashable, CaseIterable {
    /// The record is about the other, bills it, reports it: it takes all labels of the other, also those the
    /// other has by reference.
    case about
    /// The record happened during the other (an encounter): it takes only what a code or mark of the
    /// encounter itself says, or one sensitive diagnosis would label all of a visit.
    case during
    /// The record has the other as its part (a report and its results): labels follow both ways.
    case whole
    /// The other is in the shared directory: only the mark of a Part 2 program follows.
    case directory

    /// The link that a reference makes; `nil` where no label follows: to the patient and people around.
    ///
    /// - Parameters:
    ///   - reference: The reference.
    ///   - source: Type of the record that holds it.
    ///   - target: Type of the record it names.
    public init?(_ reference: ReferenceSpan, from source: ResourceType, to target: ResourceType) {
        switch target {
        case .patient, .relatedPerson, .person, .group, .endpoint, .practitioner,
            .practitionerRole:
            return nil
        case .organization, .location, .healthcareService: self = .directory
        case .encounter, .episodeOfCare: self = source.isAccountOfVisits ? .about : .during
        case .observation where reference.place.leaf == .result || source == .observation:
            self = .whole
        default: self = .about
        }
    }
}

extension ResourceType {
    /// Whether a record of this type tells what was done in a visit, as a bill does.
    fileprivate var isAccountOfVisits: Bool {
        switch self {
        case .claim, .claimResponse, .explanationOfBenefit, .invoice, .chargeItem, .account,
            .provenance, .list, .appointment, .auditEvent:
            true
        default: false
        }
    }
}

extension LabelSet {
    /// Labels that say what a record is about, so that whatever refers to it says it too.
    ///
    /// Notes kept apart (45 CFR 164.501, 42 CFR 2.11) and unclassified codes concern only the record itself:
    /// a bill for psychotherapy is mental health, but no psychotherapy note.
    public static let spreading = LabelSet.all.subtracting([
        .psychotherapyNotes, .sudCounsellingNotes, .unclassified,
    ])
}
