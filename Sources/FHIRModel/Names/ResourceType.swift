/// The 146 resource types of FHIR R4.
///
/// Source: FHIR 4.0.1, list of resources.
public enum ResourceType: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case account = "Account"
    case activityDefinition = "ActivityDefinition"
    case adverseEvent = "AdverseEvent"
    case allergyIntolerance = "AllergyIntolerance"
    case appointment = "Appointment"
    case appointmentResponse = "AppointmentResponse"
    case auditEvent = "AuditEvent"
    case basic = "Basic"
    case binary = "Binary"
    case biologicallyDerivedProduct = "BiologicallyDerivedProduct"
    case bodyStructure = "BodyStructure"
    case bundle = "Bundle"
    case capabilityStatement = "CapabilityStatement"
    case carePlan = "CarePlan"
    case careTeam = "CareTeam"
    case catalogEntry = "CatalogEntry"
    case chargeItem = "ChargeItem"
    case chargeItemDefinition = "ChargeItemDefinition"
    case claim = "Claim"
    case claimResponse = "ClaimResponse"
    case clinicalImpression = "ClinicalImpression"
    case codeSystem = "CodeSystem"
    case communication = "Communication"
    case communicationRequest = "CommunicationRequest"
    case compartmentDefinition = "CompartmentDefinition"
    case composition = "Composition"
    case conceptMap = "ConceptMap"
    case condition = "Condition"
    case consent = "Consent"
    case contract = "Contract"
    case coverage = "Coverage"
    case coverageEligibilityRequest = "CoverageEligibilityRequest"
    case coverageEligibilityResponse = "CoverageEligibilityResponse"
    case detectedIssue = "DetectedIssue"
    case device = "Device"
    case deviceDefinition = "DeviceDefinition"
    case deviceMetric = "DeviceMetric"
    case deviceRequest = "DeviceRequest"
    case deviceUseStatement = "DeviceUseStatement"
    case diagnosticReport = "DiagnosticReport"
    case documentManifest = "DocumentManifest"
    case documentReference = "DocumentReference"
    case effectEvidenceSynthesis = "EffectEvidenceSynthesis"
    case encounter = "Encounter"
    case endpoint = "Endpoint"
    case enrollmentRequest = "EnrollmentRequest"
    case enrollmentResponse = "EnrollmentResponse"
    case episodeOfCare = "EpisodeOfCare"
    case eventDefinition = "EventDefinition"
    case evidence = "Evidence"
    case evidenceVariable = "EvidenceVariable"
    case exampleScenario = "ExampleScenario"
    case explanationOfBenefit = "ExplanationOfBenefit"
    case familyMemberHistory = "FamilyMemberHistory"
    case flag = "Flag"
    case goal = "Goal"
    case graphDefinition = "GraphDefinition"
    case group = "Group"
    case guidanceResponse = "GuidanceResponse"
    case healthcareService = "HealthcareService"
    case imagingStudy = "ImagingStudy"
    case immunization = "Immunization"
    case immunizationEvaluation = "ImmunizationEvaluation"
    case immunizationRecommendation = "ImmunizationRecommendation"
    case implementationGuide = "ImplementationGuide"
    case insurancePlan = "InsurancePlan"
    case invoice = "Invoice"
    case library = "Library"
    case linkage = "Linkage"
    case list = "List"
    case location = "Location"
    case measure = "Measure"
    case measureReport = "MeasureReport"
    case media = "Media"
    case medication = "Medication"
    case medicationAdministration = "MedicationAdministration"
    case medicationDispense = "MedicationDispense"
    case medicationKnowledge = "MedicationKnowledge"
    case medicationRequest = "MedicationRequest"
    case medicationStatement = "MedicationStatement"
    case medicinalProduct = "MedicinalProduct"
    case medicinalProductAuthorization = "MedicinalProductAuthorization"
    case medicinalProductContraindication = "MedicinalProductContraindication"
    case medicinalProductIndication = "MedicinalProductIndication"
    case medicinalProductIngredient = "MedicinalProductIngredient"
    case medicinalProductInteraction = "MedicinalProductInteraction"
    case medicinalProductManufactured = "MedicinalProductManufactured"
    case medicinalProductPackaged = "MedicinalProductPackaged"
    case medicinalProductPharmaceutical = "MedicinalProductPharmaceutical"
    case medicinalProductUndesirableEffect = "MedicinalProductUndesirableEffect"
    case messageDefinition = "MessageDefinition"
    case messageHeader = "MessageHeader"
    case molecularSequence = "MolecularSequence"
    case namingSystem = "NamingSystem"
    case nutritionOrder = "NutritionOrder"
    case observation = "Observation"
    case observationDefinition = "ObservationDefinition"
    case operationDefinition = "OperationDefinition"
    case operationOutcome = "OperationOutcome"
    case organization = "Organization"
    case organizationAffiliation = "OrganizationAffiliation"
    case parameters = "Parameters"
    case patient = "Patient"
    case paymentNotice = "PaymentNotice"
    case paymentReconciliation = "PaymentReconciliation"
    case person = "Person"
    case planDefinition = "PlanDefinition"
    case practitioner = "Practitioner"
    case practitionerRole = "PractitionerRole"
    case procedure = "Procedure"
    case provenance = "Provenance"
    case questionnaire = "Questionnaire"
    case questionnaireResponse = "QuestionnaireResponse"
    case relatedPerson = "RelatedPerson"
    case requestGroup = "RequestGroup"
    case researchDefinition = "ResearchDefinition"
    case researchElementDefinition = "ResearchElementDefinition"
    case researchStudy = "ResearchStudy"
    case researchSubject = "ResearchSubject"
    case riskAssessment = "RiskAssessment"
    case riskEvidenceSynthesis = "RiskEvidenceSynthesis"
    case schedule = "Schedule"
    case searchParameter = "SearchParameter"
    case serviceRequest = "ServiceRequest"
    case slot = "Slot"
    case specimen = "Specimen"
    case specimenDefinition = "SpecimenDefinition"
    case structureDefinition = "StructureDefinition"
    case structureMap = "StructureMap"
    case subscription = "Subscription"
    case substance = "Substance"
    case substanceNucleicAcid = "SubstanceNucleicAcid"
    case substancePolymer = "SubstancePolymer"
    case substanceProtein = "SubstanceProtein"
    case substanceReferenceInformation = "SubstanceReferenceInformation"
    case substanceSourceMaterial = "SubstanceSourceMaterial"
    case substanceSpecification = "SubstanceSpecification"
    case supplyDelivery = "SupplyDelivery"
    case supplyRequest = "SupplyRequest"
    case task = "Task"
    case terminologyCapabilities = "TerminologyCapabilities"
    case testReport = "TestReport"
    case testScript = "TestScript"
    case valueSet = "ValueSet"
    case verificationResult = "VerificationResult"
    case visionPrescription = "VisionPrescription"

    /// The name as FHIR writes it.
    public var description: String { rawValue }

    static let all = allCases

    /// Zero-based place among all cases.
    var place: Int { Int(unsafeBitCast(self, to: UInt8.self)) }

    private static let table = NameTable(allCases.map(\.rawValue))

    /// Finds a type by its name.
    ///
    /// - Parameter name: Exactly as FHIR writes it; `nil` comes out where R4 knows no such type.
    public init?(_ name: UnsafeRawBufferPointer) {
        guard let start = name.baseAddress,
            let place = Self.table.place(
                start.assumingMemoryBound(to: UInt8.self),
                count: name.count
            )
        else { return nil }
        self = Self.all[place]
    }

    /// Finds a type by its name, without the search through all cases that `init(rawValue:)` makes.
    ///
    /// - Parameter name: Exactly as FHIR writes it; `nil` comes out where R4 knows no such type.
    public init?(named name: String) {
        var name = name
        guard let type = name.withUTF8({ ResourceType(UnsafeRawBufferPointer($0)) }) else {
            return nil
        }
        self = type
    }

    /// Finds a type in the content of a JSON string.
    init?(_ entry: TapeEntry, in bytes: UnsafePointer<UInt8>) {
        guard let place = Self.table.place(entry, in: bytes) else { return nil }
        self = Self.all[place]
    }
}
