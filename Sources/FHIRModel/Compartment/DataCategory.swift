/// What kind of data a record is: half of its segment, the other half being its labels.
///
/// Every type has one; where the type alone does not tell, its `category`, `code` or `focus` does. What is not
/// understood is ``other``, which only rules that name everything reach. The table is in
/// docs/design/fhir-model.md.
public enum DataCategory: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case demographics
    case relatedPersons = "related-persons"
    case careTeam = "care-team"
    case allergies, conditions, medications, immunizations
    case vitalSigns = "vital-signs"
    case laboratory, imaging, procedures, visits, appointments, notes, documents
    case carePlans = "care-plans"
    case orders
    case socialHistory = "social-history"
    case familyHistory = "family-history"
    case questionnaires, messages, tasks, billing, disputes, coverage, consents, education
    case feedback, devices, genomics, research, audit, directory, other

    /// The raw value, as policies and the command line write it.
    public var description: String { rawValue }

    /// The category of a type; `nil` where the resource itself must be looked at.
    ///
    /// - Parameter type: A resource type.
    public init?(_ type: ResourceType) {
        guard let category = Self.clinical(type) ?? Self.administrative(type) else { return nil }
        self = category
    }

    private static func clinical(_ type: ResourceType) -> DataCategory? {
        switch type {
        case .allergyIntolerance: .allergies
        case .condition, .detectedIssue, .adverseEvent, .flag, .riskAssessment, .bodyStructure:
            .conditions
        case .medicationRequest, .medicationDispense, .medicationAdministration,
            .medicationStatement:
            .medications
        case .immunization, .immunizationEvaluation, .immunizationRecommendation: .immunizations
        case .specimen: .laboratory
        case .imagingStudy: .imaging
        case .procedure: .procedures
        case .encounter, .episodeOfCare: .visits
        case .clinicalImpression, .composition: .notes
        case .documentManifest, .binary: .documents
        case .carePlan, .goal, .requestGroup: .carePlans
        case .careTeam: .careTeam
        case .serviceRequest, .deviceRequest, .nutritionOrder, .visionPrescription,
            .supplyRequest, .supplyDelivery:
            .orders
        case .familyMemberHistory: .familyHistory
        case .molecularSequence: .genomics
        case .device, .deviceUseStatement, .deviceMetric, .biologicallyDerivedProduct: .devices
        default: nil
        }
    }

    private static func administrative(_ type: ResourceType) -> DataCategory? {
        switch type {
        case .patient: .demographics
        case .relatedPerson, .person: .relatedPersons
        case .appointment, .appointmentResponse, .schedule, .slot: .appointments
        case .questionnaireResponse: .questionnaires
        case .communicationRequest, .messageHeader: .messages
        case .claim, .claimResponse, .explanationOfBenefit, .invoice, .account, .chargeItem,
            .paymentNotice, .paymentReconciliation:
            .billing
        case .coverage, .coverageEligibilityRequest, .coverageEligibilityResponse,
            .enrollmentRequest, .enrollmentResponse:
            .coverage
        case .consent: .consents
        case .researchSubject: .research
        case .provenance, .auditEvent, .verificationResult: .audit
        case .observation, .diagnosticReport, .documentReference, .media, .communication, .task,
            .list:
            nil
        case .basic, .bundle, .contract, .group, .guidanceResponse, .linkage, .measureReport,
            .operationOutcome, .parameters, .subscription:
            .other
        default: OwnerRule.table[type.place] == .shared ? .directory : .other
        }
    }
}
