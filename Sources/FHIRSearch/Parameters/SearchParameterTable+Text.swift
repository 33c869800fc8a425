extension SearchParameterTable {
    /// Own facts derived from the search parameters of FHIR 4.0.1 (CC0), and three of US Core 6.1.0 (`role` of a
    /// CareTeam, `discharge-disposition` of an Encounter, `description` of a Goal): `@Type`, then `code:kind:paths`.
    ///
    /// Kinds are the first letters of token, string, date, reference, quantity, number and uri. A path is
    /// relative to the resource; `[x]` stands for any type of a choice, `(email)` for the ContactPoints of
    /// that system, `(Patient)` for references to that type, `(!)` for "there and not false". Of a composite: the
    /// elements (`.` for the resource), then `/`, then its parts as `path:kind` joined by `+`.
    static let text = """
        @Account identifier:t:identifier name:s:name owner:r:owner patient:r:subject(Patient)
         period:d:servicePeriod status:t:status subject:r:subject type:t:type
        @AdverseEvent actuality:t:actuality category:t:category date:d:date event:t:event
         location:r:location recorder:r:recorder resultingcondition:r:resultingCondition
         seriousness:t:seriousness severity:t:severity study:r:study subject:r:subject
         substance:r:suspectEntity.instance
        @AllergyIntolerance asserter:r:asserter category:t:category
         clinical-status:t:clinicalStatus code:t:code,reaction.substance
         criticality:t:criticality date:d:recordedDate identifier:t:identifier
         last-date:d:lastOccurrence manifestation:t:reaction.manifestation
         onset:d:reaction.onset patient:r:patient recorder:r:recorder
         route:t:reaction.exposureRoute severity:t:reaction.severity type:t:type
         verification-status:t:verificationStatus
        @Appointment actor:r:participant.actor appointment-type:t:appointmentType
         based-on:r:basedOn date:d:start identifier:t:identifier
         location:r:participant.actor(Location) part-status:t:participant.status
         patient:r:participant.actor(Patient) practitioner:r:participant.actor(Practitioner)
         reason-code:t:reasonCode reason-reference:r:reasonReference
         service-category:t:serviceCategory service-type:t:serviceType slot:r:slot
         specialty:t:specialty status:t:status supporting-info:r:supportingInformation
        @Basic author:r:author code:t:code created:d:created identifier:t:identifier
         patient:r:subject(Patient) subject:r:subject
        @BodyStructure identifier:t:identifier location:t:location morphology:t:morphology
         patient:r:patient
        @CarePlan activity-code:t:activity.detail.code
         activity-date:d:activity.detail.scheduled[x] activity-reference:r:activity.reference
         based-on:r:basedOn care-team:r:careTeam category:t:category condition:r:addresses
         date:d:period encounter:r:encounter goal:r:goal identifier:t:identifier
         instantiates-canonical:r:instantiatesCanonical instantiates-uri:u:instantiatesUri
         intent:t:intent part-of:r:partOf patient:r:subject(Patient)
         performer:r:activity.detail.performer replaces:r:replaces status:t:status
         subject:r:subject
        @CareTeam category:t:category date:d:period encounter:r:encounter
         identifier:t:identifier participant:r:participant.member patient:r:subject(Patient) role:t:participant.role
         status:t:status subject:r:subject
        @ChargeItem account:r:account code:t:code context:r:context entered-date:d:enteredDate
         enterer:r:enterer factor-override:n:factorOverride identifier:t:identifier
         occurrence:d:occurrence[x] patient:r:subject(Patient) performer-actor:r:performer.actor
         performer-function:t:performer.function
         performing-organization:r:performingOrganization price-override:q:priceOverride
         quantity:q:quantity requesting-organization:r:requestingOrganization service:r:service
         subject:r:subject
        @Claim care-team:r:careTeam.provider created:d:created detail-udi:r:item.detail.udi
         encounter:r:item.encounter enterer:r:enterer facility:r:facility
         identifier:t:identifier insurer:r:insurer item-udi:r:item.udi patient:r:patient
         payee:r:payee.party priority:t:priority procedure-udi:r:procedure.udi
         provider:r:provider status:t:status subdetail-udi:r:item.detail.subDetail.udi use:t:use
        @ClaimResponse created:d:created disposition:s:disposition identifier:t:identifier
         insurer:r:insurer outcome:t:outcome patient:r:patient payment-date:d:payment.date
         request:r:request requestor:r:requestor status:t:status use:t:use
        @ClinicalImpression assessor:r:assessor date:d:date encounter:r:encounter
         finding-code:t:finding.itemCodeableConcept finding-ref:r:finding.itemReference
         identifier:t:identifier investigation:r:investigation.item patient:r:subject(Patient)
         previous:r:previous problem:r:problem status:t:status subject:r:subject
         supporting-info:r:supportingInfo
        @Communication based-on:r:basedOn category:t:category encounter:r:encounter
         identifier:t:identifier instantiates-canonical:r:instantiatesCanonical
         instantiates-uri:u:instantiatesUri medium:t:medium part-of:r:partOf
         patient:r:subject(Patient) received:d:received recipient:r:recipient sender:r:sender
         sent:d:sent status:t:status subject:r:subject
        @CommunicationRequest authored:d:authoredOn based-on:r:basedOn category:t:category
         encounter:r:encounter group-identifier:t:groupIdentifier identifier:t:identifier
         medium:t:medium occurrence:d:occurrenceDateTime patient:r:subject(Patient)
         priority:t:priority recipient:r:recipient replaces:r:replaces requester:r:requester
         sender:r:sender status:t:status subject:r:subject
        @Composition attester:r:attester.party author:r:author category:t:category
         confidentiality:t:confidentiality context:t:event.code date:d:date
         encounter:r:encounter entry:r:section.entry identifier:t:identifier
         patient:r:subject(Patient) period:d:event.period
         related-id:t:relatesTo.targetIdentifier related-ref:r:relatesTo.targetReference
         section:t:section.code status:t:status subject:r:subject title:s:title type:t:type
        @Condition abatement-age:q:abatementAge,abatementRange
         abatement-date:d:abatementDateTime,abatementPeriod abatement-string:s:abatementString
         asserter:r:asserter body-site:t:bodySite category:t:category
         clinical-status:t:clinicalStatus code:t:code encounter:r:encounter
         evidence:t:evidence.code evidence-detail:r:evidence.detail identifier:t:identifier
         onset-age:q:onsetAge,onsetRange onset-date:d:onsetDateTime,onsetPeriod
         onset-info:s:onsetString patient:r:subject(Patient) recorded-date:d:recordedDate
         severity:t:severity stage:t:stage.summary subject:r:subject
         verification-status:t:verificationStatus
        @Consent action:t:provision.action actor:r:provision.actor.reference category:t:category
         consentor:r:performer data:r:provision.data.reference date:d:dateTime
         identifier:t:identifier organization:r:organization patient:r:patient
         period:d:provision.period purpose:t:provision.purpose scope:t:scope
         security-label:t:provision.securityLabel source-reference:r:source[x] status:t:status
        @Coverage beneficiary:r:beneficiary class-type:t:class.type class-value:s:class.value
         dependent:s:dependent identifier:t:identifier patient:r:beneficiary payor:r:payor
         policy-holder:r:policyHolder status:t:status subscriber:r:subscriber type:t:type
        @CoverageEligibilityRequest created:d:created enterer:r:enterer facility:r:facility
         identifier:t:identifier patient:r:patient provider:r:provider status:t:status
        @CoverageEligibilityResponse created:d:created disposition:s:disposition
         identifier:t:identifier insurer:r:insurer outcome:t:outcome patient:r:patient
         request:r:request requestor:r:requestor status:t:status
        @DetectedIssue author:r:author code:t:code identified:d:identified[x]
         identifier:t:identifier implicated:r:implicated patient:r:patient
        @Device device-name:s:deviceName.name,type.coding.display,type.text
         identifier:t:identifier location:r:location manufacturer:s:manufacturer
         model:s:modelNumber organization:r:owner patient:r:patient status:t:status type:t:type
         udi-carrier:s:udiCarrier.carrierHRF udi-di:s:udiCarrier.deviceIdentifier url:u:url
        @DeviceRequest authored-on:d:authoredOn based-on:r:basedOn code:t:codeCodeableConcept
         device:r:codeReference encounter:r:encounter
         event-date:d:occurrenceDateTime,occurrencePeriod group-identifier:t:groupIdentifier
         identifier:t:identifier instantiates-canonical:r:instantiatesCanonical
         instantiates-uri:u:instantiatesUri insurance:r:insurance intent:t:intent
         patient:r:subject(Patient) performer:r:performer prior-request:r:priorRequest
         requester:r:requester status:t:status subject:r:subject
        @DiagnosticReport based-on:r:basedOn category:t:category code:t:code
         conclusion:t:conclusionCode date:d:effective[x] encounter:r:encounter
         identifier:t:identifier issued:d:issued media:r:media.link patient:r:subject(Patient)
         performer:r:performer result:r:result results-interpreter:r:resultsInterpreter
         specimen:r:specimen status:t:status subject:r:subject
        @DocumentManifest author:r:author created:d:created description:s:description
         identifier:t:masterIdentifier,identifier item:r:content patient:r:subject(Patient)
         recipient:r:recipient related-id:t:related.identifier related-ref:r:related.ref
         source:u:source status:t:status subject:r:subject type:t:type
        @DocumentReference relationship:c:relatesTo/target:r+code:t authenticator:r:authenticator author:r:author category:t:category
         contenttype:t:content.attachment.contentType custodian:r:custodian date:d:date
         description:s:description encounter:r:context.encounter event:t:context.event
         facility:t:context.facilityType format:t:content.format
         identifier:t:masterIdentifier,identifier language:t:content.attachment.language
         location:u:content.attachment.url patient:r:subject(Patient) period:d:context.period
         related:r:context.related relatesto:r:relatesTo.target relation:t:relatesTo.code
         security-label:t:securityLabel setting:t:context.practiceSetting status:t:status
         subject:r:subject type:t:type
        @Encounter account:r:account appointment:r:appointment based-on:r:basedOn class:t:class
         date:d:period diagnosis:r:diagnosis.condition
         discharge-disposition:t:hospitalization.dischargeDisposition episode-of-care:r:episodeOfCare
         identifier:t:identifier length:q:length location:r:location.location
         location-period:d:location.period part-of:r:partOf participant:r:participant.individual
         participant-type:t:participant.type patient:r:subject(Patient)
         practitioner:r:participant.individual(Practitioner) reason-code:t:reasonCode
         reason-reference:r:reasonReference service-provider:r:serviceProvider
         special-arrangement:t:hospitalization.specialArrangement status:t:status
         subject:r:subject type:t:type
        @Endpoint connection-type:t:connectionType identifier:t:identifier name:s:name
         organization:r:managingOrganization payload-type:t:payloadType status:t:status
        @EpisodeOfCare care-manager:r:careManager(Practitioner) condition:r:diagnosis.condition
         date:d:period identifier:t:identifier incoming-referral:r:referralRequest
         organization:r:managingOrganization patient:r:patient status:t:status type:t:type
        @ExplanationOfBenefit care-team:r:careTeam.provider claim:r:claim
         coverage:r:insurance.coverage created:d:created detail-udi:r:item.detail.udi
         disposition:s:disposition encounter:r:item.encounter enterer:r:enterer
         facility:r:facility identifier:t:identifier item-udi:r:item.udi patient:r:patient
         payee:r:payee.party procedure-udi:r:procedure.udi provider:r:provider status:t:status
         subdetail-udi:r:item.detail.subDetail.udi
        @FamilyMemberHistory code:t:condition.code date:d:date identifier:t:identifier
         instantiates-canonical:r:instantiatesCanonical instantiates-uri:u:instantiatesUri
         patient:r:patient relationship:t:relationship sex:t:sex status:t:status
        @Flag author:r:author date:d:period encounter:r:encounter identifier:t:identifier
         patient:r:subject(Patient) subject:r:subject
        @Goal achievement-status:t:achievementStatus category:t:category description:t:description
         identifier:t:identifier lifecycle-status:t:lifecycleStatus patient:r:subject(Patient) start-date:d:startDate
         subject:r:subject target-date:d:target.dueDate
        @Group actual:t:actual characteristic:t:characteristic.code code:t:code
         characteristic-value:c:characteristic/code:t+valueCodeableConcept;valueBoolean:t
         exclude:t:characteristic.exclude identifier:t:identifier
         managing-entity:r:managingEntity member:r:member.entity type:t:type
         value:t:characteristic.valueCodeableConcept,characteristic.valueBoolean
        @HealthcareService active:t:active characteristic:t:characteristic
         coverage-area:r:coverageArea endpoint:r:endpoint identifier:t:identifier
         location:r:location name:s:name organization:r:providedBy program:t:program
         service-category:t:category service-type:t:type specialty:t:specialty
        @ImagingStudy basedon:r:basedOn bodysite:t:series.bodySite
         dicom-class:t:series.instance.sopClass encounter:r:encounter
         endpoint:r:endpoint,series.endpoint identifier:t:identifier
         instance:t:series.instance.uid interpreter:r:interpreter modality:t:series.modality
         patient:r:subject(Patient) performer:r:series.performer.actor reason:t:reasonCode
         referrer:r:referrer series:t:series.uid started:d:started status:t:status
         subject:r:subject
        @Immunization date:d:occurrence[x] identifier:t:identifier location:r:location
         lot-number:s:lotNumber manufacturer:r:manufacturer patient:r:patient
         performer:r:performer.actor reaction:r:reaction.detail reaction-date:d:reaction.date
         reason-code:t:reasonCode reason-reference:r:reasonReference
         series:s:protocolApplied.series status:t:status status-reason:t:statusReason
         target-disease:t:protocolApplied.targetDisease vaccine-code:t:vaccineCode
        @Invoice account:r:account date:d:date identifier:t:identifier issuer:r:issuer
         participant:r:participant.actor participant-role:t:participant.role
         patient:r:subject(Patient) recipient:r:recipient status:t:status subject:r:subject
         totalgross:q:totalGross totalnet:q:totalNet type:t:type
        @List code:t:code date:d:date empty-reason:t:emptyReason encounter:r:encounter
         identifier:t:identifier item:r:entry.item notes:s:note.text patient:r:subject(Patient)
         source:r:source status:t:status subject:r:subject title:s:title
        @Location address:s:address address-city:s:address.city
         address-country:s:address.country address-postalcode:s:address.postalCode
         address-state:s:address.state address-use:t:address.use endpoint:r:endpoint
         identifier:t:identifier name:s:name,alias operational-status:t:operationalStatus
         organization:r:managingOrganization partof:r:partOf status:t:status type:t:type
        @Media based-on:r:basedOn created:d:created[x] device:r:device encounter:r:encounter
         identifier:t:identifier modality:t:modality operator:r:operator
         patient:r:subject(Patient) site:t:bodySite status:t:status subject:r:subject
         type:t:type view:t:view
        @Medication code:t:code expiration-date:d:batch.expirationDate form:t:form
         identifier:t:identifier ingredient:r:ingredient.itemReference
         ingredient-code:t:ingredient.itemCodeableConcept lot-number:t:batch.lotNumber
         manufacturer:r:manufacturer status:t:status
        @MedicationAdministration code:t:medicationCodeableConcept context:r:context
         device:r:device effective-time:d:effective[x] identifier:t:identifier
         medication:r:medicationReference patient:r:subject(Patient) performer:r:performer.actor
         reason-given:t:reasonCode reason-not-given:t:statusReason request:r:request
         status:t:status subject:r:subject
        @MedicationDispense code:t:medicationCodeableConcept context:r:context
         destination:r:destination identifier:t:identifier medication:r:medicationReference
         patient:r:subject(Patient) performer:r:performer.actor
         prescription:r:authorizingPrescription receiver:r:receiver
         responsibleparty:r:substitution.responsibleParty status:t:status subject:r:subject
         type:t:type whenhandedover:d:whenHandedOver whenprepared:d:whenPrepared
        @MedicationRequest authoredon:d:authoredOn category:t:category
         code:t:medicationCodeableConcept date:d:dosageInstruction.timing.event
         encounter:r:encounter identifier:t:identifier
         intended-dispenser:r:dispenseRequest.performer intended-performer:r:performer
         intended-performertype:t:performerType intent:t:intent medication:r:medicationReference
         patient:r:subject(Patient) priority:t:priority requester:r:requester status:t:status
         subject:r:subject
        @MedicationStatement category:t:category code:t:medicationCodeableConcept
         context:r:context effective:d:effective[x] identifier:t:identifier
         medication:r:medicationReference part-of:r:partOf patient:r:subject(Patient)
         source:r:informationSource status:t:status subject:r:subject
        @MolecularSequence chromosome:t:referenceSeq.chromosome identifier:t:identifier
         patient:r:patient referenceseqid:t:referenceSeq.referenceSeqId type:t:type
         variant-end:n:variant.end variant-start:n:variant.start
         window-end:n:referenceSeq.windowEnd window-start:n:referenceSeq.windowStart
        @NutritionOrder additive:t:enteralFormula.additiveType datetime:d:dateTime
         encounter:r:encounter formula:t:enteralFormula.baseFormulaType identifier:t:identifier
         instantiates-canonical:r:instantiatesCanonical instantiates-uri:u:instantiatesUri
         oraldiet:t:oralDiet.type patient:r:patient provider:r:orderer status:t:status
         supplement:t:supplement.type
        @Observation based-on:r:basedOn category:t:category code:t:code
         code-value-concept:c:./code:t+valueCodeableConcept:t
         code-value-date:c:./code:t+valueDateTime;valuePeriod:d
         code-value-quantity:c:./code:t+valueQuantity;valueSampledData:q
         code-value-string:c:./code:t+valueString:s
         combo-code-value-concept:c:.,component/code:t+valueCodeableConcept:t
         combo-code-value-quantity:c:.,component/code:t+valueQuantity;valueSampledData:q
         component-code-value-concept:c:component/code:t+valueCodeableConcept:t
         component-code-value-quantity:c:component/code:t+valueQuantity;valueSampledData:q
         combo-code:t:code,component.code
         combo-data-absent-reason:t:dataAbsentReason,component.dataAbsentReason
         combo-value-concept:t:valueCodeableConcept,component.valueCodeableConcept
         combo-value-quantity:q:valueQuantity,valueSampledData,component.valueQuantity,component.valueSampledData
         component-code:t:component.code
         component-data-absent-reason:t:component.dataAbsentReason
         component-value-concept:t:component.valueCodeableConcept
         component-value-quantity:q:component.valueQuantity,component.valueSampledData
         data-absent-reason:t:dataAbsentReason date:d:effective[x] derived-from:r:derivedFrom
         device:r:device encounter:r:encounter focus:r:focus has-member:r:hasMember
         identifier:t:identifier method:t:method part-of:r:partOf patient:r:subject(Patient)
         performer:r:performer specimen:r:specimen status:t:status subject:r:subject
         value-concept:t:valueCodeableConcept value-date:d:valueDateTime,valuePeriod
         value-quantity:q:valueQuantity,valueSampledData
         value-string:s:valueString,valueCodeableConcept.text
        @Organization active:t:active address:s:address address-city:s:address.city
         address-country:s:address.country address-postalcode:s:address.postalCode
         address-state:s:address.state address-use:t:address.use endpoint:r:endpoint
         identifier:t:identifier name:s:name,alias partof:r:partOf type:t:type
        @Patient active:t:active address:s:address address-city:s:address.city
         address-country:s:address.country address-postalcode:s:address.postalCode
         address-state:s:address.state address-use:t:address.use birthdate:d:birthDate
         death-date:d:deceasedDateTime deceased:t:deceased[x](!) email:t:telecom(email)
         family:s:name.family gender:t:gender general-practitioner:r:generalPractitioner
         given:s:name.given identifier:t:identifier language:t:communication.language
         link:r:link.other name:s:name organization:r:managingOrganization
         phone:t:telecom(phone) telecom:t:telecom
        @Practitioner active:t:active address:s:address address-city:s:address.city
         address-country:s:address.country address-postalcode:s:address.postalCode
         address-state:s:address.state address-use:t:address.use communication:t:communication
         email:t:telecom(email) family:s:name.family gender:t:gender given:s:name.given
         identifier:t:identifier name:s:name phone:t:telecom(phone) telecom:t:telecom
        @PractitionerRole active:t:active date:d:period email:t:telecom(email)
         endpoint:r:endpoint identifier:t:identifier location:r:location
         organization:r:organization phone:t:telecom(phone) practitioner:r:practitioner
         role:t:code service:r:healthcareService specialty:t:specialty telecom:t:telecom
        @Procedure based-on:r:basedOn category:t:category code:t:code date:d:performed[x]
         encounter:r:encounter identifier:t:identifier
         instantiates-canonical:r:instantiatesCanonical instantiates-uri:u:instantiatesUri
         location:r:location part-of:r:partOf patient:r:subject(Patient)
         performer:r:performer.actor reason-code:t:reasonCode reason-reference:r:reasonReference
         status:t:status subject:r:subject
        @Provenance agent:r:agent.who agent-role:t:agent.role agent-type:t:agent.type
         entity:r:entity.what location:r:location patient:r:target(Patient) recorded:d:recorded
         signature-type:t:signature.type target:r:target when:d:occurredDateTime
        @Questionnaire code:t:item.code context:t:useContext.value
         context-quantity:q:useContext.value context-type:t:useContext.code date:d:date
         definition:u:item.definition description:s:description effective:d:effectivePeriod
         identifier:t:identifier jurisdiction:t:jurisdiction name:s:name publisher:s:publisher
         status:t:status subject-type:t:subjectType title:s:title url:u:url version:t:version
        @QuestionnaireResponse author:r:author authored:d:authored based-on:r:basedOn
         encounter:r:encounter identifier:t:identifier part-of:r:partOf
         patient:r:subject(Patient) questionnaire:r:questionnaire source:r:source
         status:t:status subject:r:subject
        @RelatedPerson active:t:active address:s:address address-city:s:address.city
         address-country:s:address.country address-postalcode:s:address.postalCode
         address-state:s:address.state address-use:t:address.use birthdate:d:birthDate
         email:t:telecom(email) gender:t:gender identifier:t:identifier name:s:name
         patient:r:patient phone:t:telecom(phone) relationship:t:relationship telecom:t:telecom
        @ResearchSubject date:d:period identifier:t:identifier individual:r:individual
         patient:r:individual status:t:status study:r:study
        @RiskAssessment condition:r:condition date:d:occurrenceDateTime encounter:r:encounter
         identifier:t:identifier method:t:method patient:r:subject(Patient)
         performer:r:performer probability:n:prediction.probability[x]
         risk:t:prediction.qualitativeRisk subject:r:subject
        @Schedule active:t:active actor:r:actor date:d:planningHorizon identifier:t:identifier
         service-category:t:serviceCategory service-type:t:serviceType specialty:t:specialty
        @ServiceRequest authored:d:authoredOn based-on:r:basedOn body-site:t:bodySite
         category:t:category code:t:code encounter:r:encounter identifier:t:identifier
         instantiates-canonical:r:instantiatesCanonical instantiates-uri:u:instantiatesUri
         intent:t:intent occurrence:d:occurrence[x] patient:r:subject(Patient)
         performer:r:performer performer-type:t:performerType priority:t:priority
         replaces:r:replaces requester:r:requester requisition:t:requisition specimen:r:specimen
         status:t:status subject:r:subject
        @Slot appointment-type:t:appointmentType identifier:t:identifier schedule:r:schedule
         service-category:t:serviceCategory service-type:t:serviceType specialty:t:specialty
         start:d:start status:t:status
        @Specimen accession:t:accessionIdentifier bodysite:t:collection.bodySite
         collected:d:collection.collected[x] collector:r:collection.collector
         container:t:container.type container-id:t:container.identifier identifier:t:identifier
         parent:r:parent patient:r:subject(Patient) status:t:status subject:r:subject
         type:t:type
        @SupplyDelivery identifier:t:identifier patient:r:patient receiver:r:receiver
         status:t:status supplier:r:supplier
        @Task authored-on:d:authoredOn based-on:r:basedOn business-status:t:businessStatus
         code:t:code encounter:r:encounter focus:r:focus group-identifier:t:groupIdentifier
         identifier:t:identifier intent:t:intent modified:d:lastModified owner:r:owner
         part-of:r:partOf patient:r:for(Patient) performer:t:performerType
         period:d:executionPeriod priority:t:priority requester:r:requester status:t:status
         subject:r:for
        """
}
