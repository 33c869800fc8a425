/// Elements that FHIR R4 demands and that name another record: what goes instead of the reference alone.
///
/// Source: FHIR 4.0.1, cardinalities and the invariants app-1 and rqg-1.
enum RequiredElements {
    /// Without the reference the element around it says nothing and goes too.
    static let cascading: Set<String> = Set(
        """
        Account.coverage.coverage Account.guarantor.party AdverseEvent.suspectEntity.instance
        ChargeItem.performer.actor Claim.diagnosis.diagnosisReference
        Claim.procedure.procedureReference ClaimResponse.insurance.coverage
        Communication.payload.contentReference CommunicationRequest.payload.contentReference
        Composition.relatesTo.targetReference Consent.provision.actor.reference
        Consent.provision.data.reference Contract.term.offer.party.reference
        Contract.term.offer.answer.valueReference Contract.term.action.subject.reference
        Contract.signer.party Contract.friendly.contentReference Contract.legal.contentReference
        Contract.rule.contentReference CoverageEligibilityRequest.supportingInfo.information
        CoverageEligibilityRequest.insurance.coverage CoverageEligibilityResponse.insurance.coverage
        DiagnosticReport.media.link DocumentReference.relatesTo.target
        Encounter.diagnosis.condition EpisodeOfCare.diagnosis.condition
        ExplanationOfBenefit.diagnosis.diagnosisReference
        ExplanationOfBenefit.procedure.procedureReference Group.characteristic.valueReference
        Group.member.entity ImagingStudy.series.performer.actor Invoice.participant.actor
        Invoice.lineItem.chargeItemReference List.entry.item
        MedicationAdministration.performer.actor MedicationDispense.performer.actor
        Patient.link.other Person.link.target Procedure.performer.actor
        Procedure.focalDevice.manipulated Provenance.entity.what RequestGroup.action.resource
        Task.input.valueReference Task.output.valueReference
        """.split(whereSeparator: \.isWhitespace).map(String.init)
    )

    /// The record would not be valid without it: it says that the value is masked.
    static let masked: Set<String> = Set(
        """
        AdverseEvent.subject Appointment.participant.actor AppointmentResponse.appointment
        AuditEvent.source.observer Claim.insurance.coverage Composition.author Coverage.payor
        CoverageEligibilityResponse.request DeviceRequest.codeReference DeviceRequest.subject
        DeviceUseStatement.device DocumentManifest.content DocumentReference.content.attachment
        ExplanationOfBenefit.insurance.coverage Flag.subject ImagingStudy.subject
        ImmunizationEvaluation.immunizationEvent Linkage.item.resource Media.content
        PaymentNotice.payment Provenance.target Provenance.agent.who Schedule.actor
        ServiceRequest.subject Slot.schedule SupplyRequest.itemReference
        """.split(whereSeparator: \.isWhitespace).map(String.init)
    )

    /// Source: FHIR R4 extension data-absent-reason, code `masked`.
    static let mask = Array(
        (#"{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","#
            + #""valueCode":"masked"}]}"#).utf8
    )

    /// Source: v3-ObservationValue; FHIR R4, Resource.meta.tag.
    static let tag = Array(
        (#"{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","#
            + #""code":"SUBSETTED"}"#).utf8
    )

    /// Source: v3-ObservationValue; FHIR R4, security labels.
    static let label = Array(
        (#"{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","#
            + #""code":"REDACTED"}"#).utf8
    )

    /// Lists of a bill whose entries are numbered, and what refers to the numbers.
    static let numbered = [
        "diagnosis": "diagnosisSequence", "procedure": "procedureSequence",
        "careTeam": "careTeamSequence", "supportingInfo": "informationSequence",
    ]
}
