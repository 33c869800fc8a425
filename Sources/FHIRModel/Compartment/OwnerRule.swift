/// An element that may link a resource to its patient: `subject`, or `actor` inside `participant`.
struct OwnerPath: Sendable, Hashable {
    let top: ElementName
    let leaf: ElementName

    init(_ top: ElementName, _ leaf: ElementName? = nil) {
        self.top = top
        self.leaf = leaf ?? top
    }
}

/// How the owner of a resource is found, by its type.
///
/// Own derivation from the patient compartment of FHIR 4.0.1 and the search parameters it names; of the elements
/// that FHIR lists for a type only the one that says *whose record this is* makes an owner, the others
/// make a second patient (``Compartment/mentionedPatients(_:in:besides:)``). Reasons are in
/// docs/design/fhir-model.md.
enum OwnerRule: Sendable, Hashable {
    /// A Patient.
    case itself
    /// The patient that this element names; nobody else's, and refused without.
    case element(OwnerPath)
    /// The first Patient that an element names; without one the owner of what the others name.
    case firstPatient([OwnerPath], otherwise: [OwnerPath])
    /// As ``firstPatient(_:otherwise:)``, but shared where no patient is named at all.
    case patientOrShared([OwnerPath])
    /// Directory and definitions: nobody's.
    case shared
    /// A Bundle inside a Bundle: the one patient that its entries belong to.
    case entries
    /// Neither a patient's nor of the directory; never stored.
    case none

    init(for type: ResourceType) {
        self = Self.clinical(type) ?? Self.linked(type) ?? .shared
    }

    /// Types whose `subject`, `patient` or like element is the owner.
    private static func clinical(_ type: ResourceType) -> OwnerRule? {
        switch type {
        case .patient: .itself
        case .account, .contract: .firstPatient([OwnerPath(.subject)], otherwise: [])
        case .adverseEvent, .basic, .carePlan, .careTeam, .chargeItem, .clinicalImpression,
            .communication, .communicationRequest, .composition, .condition, .deviceRequest,
            .deviceUseStatement, .diagnosticReport, .documentManifest, .documentReference,
            .encounter, .flag, .goal, .guidanceResponse, .imagingStudy, .invoice, .measureReport,
            .media, .medicationAdministration, .medicationDispense, .medicationRequest,
            .medicationStatement, .observation, .procedure, .questionnaireResponse,
            .requestGroup, .riskAssessment, .serviceRequest, .specimen:
            .element(OwnerPath(.subject))
        case .allergyIntolerance, .bodyStructure, .claim, .claimResponse, .consent,
            .coverageEligibilityRequest, .coverageEligibilityResponse, .detectedIssue,
            .episodeOfCare, .explanationOfBenefit, .familyMemberHistory, .immunization,
            .immunizationEvaluation, .immunizationRecommendation, .molecularSequence,
            .nutritionOrder, .relatedPerson, .supplyDelivery, .visionPrescription:
            .element(OwnerPath(.patient))
        case .coverage: .element(OwnerPath(.beneficiary))
        case .enrollmentRequest: .element(OwnerPath(.candidate))
        case .researchSubject: .element(OwnerPath(.individual))
        case .supplyRequest: .element(OwnerPath(.deliverTo))
        default: nil
        }
    }

    /// Types that belong to a patient through a list, or through other records.
    private static func linked(_ type: ResourceType) -> OwnerRule? {
        switch type {
        case .appointment: .firstPatient([OwnerPath(.participant, .actor)], otherwise: [])
        case .appointmentResponse:
            .firstPatient([OwnerPath(.actor)], otherwise: [OwnerPath(.appointment)])
        case .auditEvent:
            .firstPatient(
                [OwnerPath(.entity, .what), OwnerPath(.agent, .who)],
                otherwise: [OwnerPath(.entity, .what)]
            )
        case .list:
            .firstPatient([OwnerPath(.subject)], otherwise: [OwnerPath(.entry, .item)])
        case .person:
            .firstPatient([OwnerPath(.link, .target)], otherwise: [OwnerPath(.link, .target)])
        case .task:
            .firstPatient(
                [OwnerPath(.for)],
                otherwise: [OwnerPath(.focus), OwnerPath(.basedOn)]
            )
        case .binary:
            .firstPatient([OwnerPath(.securityContext)], otherwise: [OwnerPath(.securityContext)])
        case .provenance:
            .firstPatient([OwnerPath(.target)], otherwise: [OwnerPath(.target)])
        case .verificationResult:
            .firstPatient([OwnerPath(.target)], otherwise: [OwnerPath(.target)])
        case .linkage:
            .firstPatient([OwnerPath(.item, .resource)], otherwise: [OwnerPath(.item, .resource)])
        case .messageHeader:
            .firstPatient([OwnerPath(.focus)], otherwise: [OwnerPath(.focus)])
        case .enrollmentResponse: .firstPatient([], otherwise: [OwnerPath(.request)])
        case .paymentNotice, .paymentReconciliation:
            .firstPatient(
                [],
                otherwise: [
                    OwnerPath(.request), OwnerPath(.response), OwnerPath(.detail, .request),
                    OwnerPath(.detail, .response),
                ]
            )
        case .deviceMetric: .firstPatient([], otherwise: [OwnerPath(.source)])
        case .slot: .firstPatient([], otherwise: [OwnerPath(.schedule)])
        case .device: .patientOrShared([OwnerPath(.patient)])
        case .group: .patientOrShared([OwnerPath(.member, .entity)])
        case .schedule: .patientOrShared([OwnerPath(.actor)])
        case .biologicallyDerivedProduct: .patientOrShared([OwnerPath(.collection, .source)])
        case .bundle: .entries
        case .operationOutcome, .parameters, .subscription: OwnerRule.none
        default: nil
        }
    }

    /// The rule of each type by ``ResourceType/place``.
    static let table = ResourceType.all.map { OwnerRule(for: $0) }

    /// The member of the resource that must be one Reference, because it alone names the owner.
    var ownerElement: ElementName? {
        if case .element(let path) = self { return path.top }
        return nil
    }
}

extension ResourceType {
    /// Whether a record of this type may stand in the shared directory.
    public var mayBeShared: Bool {
        switch OwnerRule.table[place] {
        case .shared, .patientOrShared: true
        default: false
        }
    }
}
