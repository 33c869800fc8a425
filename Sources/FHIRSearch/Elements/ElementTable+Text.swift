extension ElementTable {
    /// Own facts derived from the element definitions of FHIR 4.0.1 (CC0): `@Type`, then its elements.
    ///
    /// `!` must be there, `*` is a list, `+` belongs to the summary; then the shape of one value: `:p` text,
    /// `:d` date, `:n` number, `:b` boolean, `:o` object; after `=` the codes that are allowed. `[x]` stands
    /// for any type of a choice. What every resource may have is left out.
    static let text = """
        @Account identifier*+:o status!+:p=active|inactive|entered-in-error|on-hold|unknown
         type+:o name+:p subject*+:o servicePeriod+:o coverage*+:o owner+:o description+:p
         guarantor*:o partOf:o
        @ActivityDefinition url+:p identifier*+:o version+:p name+:p title+:p subtitle:p
         status!+:p=draft|active|retired|unknown experimental+:b subject[x] date+:d publisher+:p
         contact*+:o description+:p useContext*+:o jurisdiction*+:o purpose:p usage:p
         copyright:p approvalDate:d lastReviewDate:d effectivePeriod+:o topic*:o author*:o
         editor*:o reviewer*:o endorser*:o relatedArtifact*:o library*:o
         kind+:p=Appointment|AppointmentResponse|CarePlan|Claim|CommunicationRequest|Contract|DeviceRequest|EnrollmentRequest|ImmunizationRecommendation|MedicationRequest|NutritionOrder|ServiceRequest|SupplyRequest|Task|VisionPrescription
         profile:o code+:o
         intent:p=proposal|plan|directive|order|original-order|reflex-order|filler-order|instance-order|option
         priority:p=routine|urgent|asap|stat doNotPerform+:b timing[x] location:o participant*:o
         product[x] quantity:o dosage*:o bodySite*:o specimenRequirement*:o
         observationRequirement*:o observationResultRequirement*:o transform:o dynamicValue*:o
        @AdverseEvent identifier+:o actuality!+:p=actual|potential category*+:o event+:o
         subject!+:o encounter+:o date+:d detected+:d recordedDate+:d resultingCondition*+:o
         location+:o seriousness+:o severity+:o outcome+:o recorder+:o contributor*+:o
         suspectEntity*+:o subjectMedicalHistory*+:o referenceDocument*+:o study*+:o
        @AllergyIntolerance identifier*+:o clinicalStatus+:o verificationStatus+:o
         type+:p=allergy|intolerance category*+:p=food|medication|environment|biologic
         criticality+:p=low|high|unable-to-assess code+:o patient!+:o encounter:o onset[x]
         recordedDate:d recorder:o asserter+:o lastOccurrence:d note*:o reaction*:o
        @Appointment identifier*+:o
         status!+:p=proposed|pending|booked|arrived|fulfilled|cancelled|noshow|entered-in-error|checked-in|waitlist
         cancelationReason+:o serviceCategory*+:o serviceType*+:o specialty*+:o
         appointmentType+:o reasonCode*+:o reasonReference*:o priority:n description:p
         supportingInformation*:o start+:d end+:d minutesDuration:n slot*:o created:d comment:p
         patientInstruction:p basedOn*:o participant!*:o requestedPeriod*:o
        @AppointmentResponse identifier*+:o appointment!+:o start:d end:d participantType*+:o
         actor+:o participantStatus!+:p=accepted|declined|tentative|needs-action comment:p
        @AuditEvent type!+:o subtype*+:o action+:p=C|R|U|D|E period:o recorded!+:d
         outcome+:p=0|4|8|12 outcomeDesc+:p purposeOfEvent*+:o agent!*:o source!:o entity*:o
        @Basic identifier*+:o code!+:o subject+:o created+:d author+:o
        @Binary contentType!+:p securityContext+:o data:p
        @BiologicallyDerivedProduct identifier*+:o
         productCategory:p=organ|tissue|fluid|cells|biologicalAgent productCode:o
         status:p=available|unavailable request*:o quantity:n parent*:o collection:o
         processing*:o manipulation:o storage*:o
        @BodyStructure identifier*+:o active+:b morphology+:o location+:o locationQualifier*:o
         description+:p image*:o patient!+:o
        @Bundle identifier+:o
         type!+:p=document|message|transaction|transaction-response|batch|batch-response|history|searchset|collection
         timestamp+:d total+:n link*+:o entry*+:o signature+:o
        @CapabilityStatement url+:p version+:p name+:p title+:p
         status!+:p=draft|active|retired|unknown experimental+:b date!+:d publisher+:p
         contact*+:o description:p useContext*+:o jurisdiction*+:o purpose:p copyright:p
         kind!+:p=instance|capability|requirements instantiates*+:o imports*+:o software+:o
         implementation+:o
         fhirVersion!+:p=0.01|0.05|0.06|0.11|0.0.80|0.0.81|0.0.82|0.4.0|0.5.0|1.0.0|1.0.1|1.0.2|1.1.0|1.4.0|1.6.0|1.8.0|3.0.0|3.0.1|3.3.0|3.5.0|4.0.0|4.0.1
         format!*+:p patchFormat*+:p implementationGuide*+:o rest*+:o messaging*+:o document*+:o
        @CarePlan identifier*+:o instantiatesCanonical*+:o instantiatesUri*+:p basedOn*+:o
         replaces*+:o partOf*+:o
         status!+:p=draft|active|on-hold|revoked|completed|entered-in-error|unknown
         intent!+:p=proposal|plan|order|option category*+:o title+:p description+:p subject!+:o
         encounter+:o period+:o created+:d author+:o contributor*:o careTeam*:o addresses*+:o
         supportingInfo*:o goal*:o activity*:o note*:o
        @CareTeam identifier*+:o status+:p=proposed|active|suspended|inactive|entered-in-error
         category*+:o name+:p subject+:o encounter+:o period+:o participant*:o reasonCode*:o
         reasonReference*:o managingOrganization*+:o telecom*:o note*:o
        @CatalogEntry identifier*+:o type:o orderable!+:b referencedItem!+:o
         additionalIdentifier*:o classification*:o status:p=draft|active|retired|unknown
         validityPeriod:o validTo:d lastUpdated:d additionalCharacteristic*:o
         additionalClassification*:o relatedEntry*:o
        @ChargeItem identifier*+:o definitionUri*:p definitionCanonical*:o
         status!+:p=planned|billable|not-billable|aborted|billed|entered-in-error|unknown
         partOf*:o code!+:o subject!+:o context+:o occurrence[x]+ performer*:o
         performingOrganization:o requestingOrganization:o costCenter:o quantity+:o bodysite*+:o
         factorOverride:n priceOverride:o overrideReason:p enterer+:o enteredDate+:d reason*:o
         service*:o product[x] account*+:o note*:o supportingInformation*:o
        @ChargeItemDefinition url!+:p identifier*+:o version+:p title+:p derivedFromUri*+:p
         partOf*+:o replaces*+:o status!+:p=draft|active|retired|unknown experimental+:b date+:d
         publisher+:p contact*+:o description+:p useContext*+:o jurisdiction*+:o copyright:p
         approvalDate:d lastReviewDate:d effectivePeriod+:o code+:o instance*:o applicability*:o
         propertyGroup*:o
        @Claim identifier*:o status!+:p=active|cancelled|draft|entered-in-error type!+:o
         subType:o use!+:p=claim|preauthorization|predetermination patient!+:o billablePeriod+:o
         created!+:d enterer:o insurer+:o provider!+:o priority!+:o fundsReserve:o related*:o
         prescription:o originalPrescription:o payee:o referral:o facility:o careTeam*:o
         supportingInfo*:o diagnosis*:o procedure*:o insurance!*+:o accident:o item*:o total:o
        @ClaimResponse identifier*:o status!+:p=active|cancelled|draft|entered-in-error type!+:o
         subType:o use!+:p=claim|preauthorization|predetermination patient!+:o created!+:d
         insurer!+:o requestor:o request+:o outcome!+:p=queued|complete|error|partial
         disposition:p preAuthRef:p preAuthPeriod:o payeeType:o item*:o addItem*:o
         adjudication*:o total*+:o payment:o fundsReserve:o formCode:o form:o processNote*:o
         communicationRequest*:o insurance*:o error*:o
        @ClinicalImpression identifier*+:o status!+:p=in-progress|completed|entered-in-error
         statusReason:o code+:o description+:p subject!+:o encounter+:o effective[x]+ date+:d
         assessor+:o previous:o problem*+:o investigation*:o protocol*:p summary:p finding*:o
         prognosisCodeableConcept*:o prognosisReference*:o supportingInfo*:o note*:o
        @CodeSystem url+:p identifier*+:o version+:p name+:p title+:p
         status!+:p=draft|active|retired|unknown experimental+:b date+:d publisher+:p
         contact*+:o description:p useContext*+:o jurisdiction*+:o purpose:p copyright:p
         caseSensitive+:b valueSet+:o
         hierarchyMeaning+:p=grouped-by|is-a|part-of|classified-with compositional+:b
         versionNeeded+:b content!+:p=not-present|example|fragment|complete|supplement
         supplements+:o count+:n filter*+:o property*+:o concept*:o
        @Communication identifier*+:o instantiatesCanonical*+:o instantiatesUri*+:p basedOn*+:o
         partOf*+:o inResponseTo*:o
         status!+:p=preparation|in-progress|not-done|on-hold|stopped|completed|entered-in-error|unknown
         statusReason+:o category*:o priority+:p=routine|urgent|asap|stat medium*:o subject+:o
         topic:o about*:o encounter+:o sent:d received:d recipient*:o sender:o reasonCode*+:o
         reasonReference*+:o payload*:o note*:o
        @CommunicationRequest identifier*+:o basedOn*+:o replaces*+:o groupIdentifier+:o
         status!+:p=draft|active|on-hold|revoked|completed|entered-in-error|unknown
         statusReason:o category*:o priority+:p=routine|urgent|asap|stat doNotPerform+:b
         medium*:o subject:o about*:o encounter+:o payload*:o occurrence[x]+ authoredOn+:d
         requester+:o recipient*:o sender+:o reasonCode*+:o reasonReference*+:o note*:o
        @CompartmentDefinition url!+:p version+:p name!+:p
         status!+:p=draft|active|retired|unknown experimental+:b date+:d publisher+:p
         contact*+:o description:p useContext*+:o purpose:p
         code!+:p=Patient|Encounter|RelatedPerson|Practitioner|Device search!+:b resource*+:o
        @Composition identifier+:o status!+:p=preliminary|final|amended|entered-in-error
         type!+:o category*+:o subject+:o encounter+:o date!+:d author!*+:o title!+:p
         confidentiality+:p=U|L|M|N|R|V attester*:o custodian+:o relatesTo*:o event*+:o
         section*:o
        @ConceptMap url+:p identifier+:o version+:p name+:p title+:p
         status!+:p=draft|active|retired|unknown experimental+:b date+:d publisher+:p
         contact*+:o description:p useContext*+:o jurisdiction*+:o purpose:p copyright:p
         source[x]+ target[x]+ group*:o
        @Condition identifier*+:o clinicalStatus+:o verificationStatus+:o category*:o severity:o
         code+:o bodySite*+:o subject!+:o encounter+:o onset[x]+ abatement[x] recordedDate+:d
         recorder+:o asserter+:o stage*:o evidence*:o note*:o
        @Consent identifier*+:o
         status!+:p=draft|proposed|active|rejected|inactive|entered-in-error scope!+:o
         category!*+:o patient+:o dateTime+:d performer*+:o organization*+:o source[x]+
         policy*:o policyRule+:o verification*+:o provision+:o
        @Contract identifier*+:o url:p version+:p
         status+:p=amended|appended|cancelled|disputed|entered-in-error|executable|executed|negotiable|offered|policy|rejected|renewed|revoked|resolved|terminated
         legalState:o instantiatesCanonical:o instantiatesUri:p contentDerivative:o issued+:d
         applies+:o expirationType:o subject*+:o authority*:o domain*:o site*:o name+:p title+:p
         subtitle:p alias*:p author:o scope:o topic[x] type+:o subType*+:o contentDefinition:o
         term*:o supportingInfo*:o relevantHistory*:o signer*:o friendly*:o legal*:o rule*:o
         legallyBinding[x]
        @Coverage identifier*+:o status!+:p=active|cancelled|draft|entered-in-error type+:o
         policyHolder+:o subscriber+:o subscriberId+:p beneficiary!+:o dependent+:p
         relationship:o period+:o payor!*+:o class*:o order+:n network+:p costToBeneficiary*:o
         subrogation:b contract*:o
        @CoverageEligibilityRequest identifier*:o
         status!+:p=active|cancelled|draft|entered-in-error priority:o
         purpose!*+:p=auth-requirements|benefits|discovery|validation patient!+:o serviced[x]
         created!+:d enterer:o provider:o insurer!+:o facility:o supportingInfo*:o insurance*:o
         item*:o
        @CoverageEligibilityResponse identifier*:o
         status!+:p=active|cancelled|draft|entered-in-error
         purpose!*+:p=auth-requirements|benefits|discovery|validation patient!+:o serviced[x]
         created!+:d requestor:o request!+:o outcome!+:p=queued|complete|error|partial
         disposition:p insurer!+:o insurance*:o preAuthRef:p form:o error*:o
        @DetectedIssue identifier*+:o
         status!+:p=registered|preliminary|final|amended|corrected|cancelled|entered-in-error|unknown
         code+:o severity+:p=high|moderate|low patient+:o identified[x]+ author+:o
         implicated*+:o evidence*:o detail:p reference:p mitigation*:o
        @Device identifier*:o definition:o udiCarrier*+:o
         status+:p=active|inactive|entered-in-error|unknown statusReason*:o distinctIdentifier:p
         manufacturer:p manufactureDate:d expirationDate:d lotNumber:p serialNumber:p
         deviceName*:o modelNumber:p partNumber:p type:o specialization*:o version*:o
         property*:o patient:o owner:o contact*:o location:o url:p note*:o safety*+:o parent:o
        @DeviceDefinition identifier*:o udiDeviceIdentifier*:o manufacturer[x] deviceName*:o
         modelNumber:p type:o specialization*:o version*:p safety*+:o shelfLifeStorage*:o
         physicalCharacteristics:o languageCode*:o capability*:o property*:o owner:o contact*:o
         url:p onlineInformation:p note*:o quantity:o parentDevice+:o material*:o
        @DeviceMetric identifier*+:o type!+:o unit+:o source+:o parent+:o
         operationalStatus+:p=on|off|standby|entered-in-error
         color+:p=black|red|green|yellow|blue|magenta|cyan|white
         category!+:p=measurement|setting|calculation|unspecified measurementPeriod+:o
         calibration*+:o
        @DeviceRequest identifier*+:o instantiatesCanonical*+:o instantiatesUri*+:p basedOn*+:o
         priorRequest*+:o groupIdentifier+:o
         status+:p=draft|active|on-hold|revoked|completed|entered-in-error|unknown
         intent!+:p=proposal|plan|directive|order|original-order|reflex-order|filler-order|instance-order|option
         priority+:p=routine|urgent|asap|stat code[x]!+ parameter*:o subject!+:o encounter+:o
         occurrence[x]+ authoredOn+:d requester+:o performerType+:o performer+:o reasonCode*+:o
         reasonReference*+:o insurance*:o supportingInfo*:o note*:o relevantHistory*:o
        @DeviceUseStatement identifier*+:o basedOn*+:o
         status!+:p=active|completed|entered-in-error|intended|stopped|on-hold subject!+:o
         derivedFrom*+:o timing[x]+ recordedOn+:d source+:o device!+:o reasonCode*+:o
         reasonReference*+:o bodySite+:o note*:o
        @DiagnosticReport identifier*+:o basedOn*:o
         status!+:p=registered|partial|preliminary|final|amended|corrected|appended|cancelled|entered-in-error|unknown
         category*+:o code!+:o subject+:o encounter+:o effective[x]+ issued+:d performer*+:o
         resultsInterpreter*+:o specimen*:o result*:o imagingStudy*:o media*+:o conclusion:p
         conclusionCode*:o presentedForm*:o
        @DocumentManifest masterIdentifier+:o identifier*+:o
         status!+:p=current|superseded|entered-in-error type+:o subject+:o created:d author*+:o
         recipient*:o source:p description+:p content!*+:o related*:o
        @DocumentReference masterIdentifier+:o identifier*+:o
         status!+:p=current|superseded|entered-in-error
         docStatus+:p=preliminary|final|amended|entered-in-error type+:o category*+:o subject+:o
         date+:d author*+:o authenticator:o custodian:o relatesTo*+:o description+:p
         securityLabel*+:o content!*+:o context+:o
        @EffectEvidenceSynthesis url+:p identifier*+:o version+:p name+:p title+:p
         status!+:p=draft|active|retired|unknown date+:d publisher+:p contact*+:o description+:p
         note*:o useContext*+:o jurisdiction*+:o copyright:p approvalDate:d lastReviewDate:d
         effectivePeriod+:o topic*:o author*:o editor*:o reviewer*:o endorser*:o
         relatedArtifact*:o synthesisType:o studyType:o population!+:o exposure!+:o
         exposureAlternative!+:o outcome!+:o sampleSize:o resultsByExposure*:o
         effectEstimate*+:o certainty*:o
        @Encounter identifier*+:o
         status!+:p=planned|arrived|triaged|in-progress|onleave|finished|cancelled|entered-in-error|unknown
         statusHistory*:o class!+:o classHistory*:o type*+:o serviceType+:o priority:o
         subject+:o episodeOfCare*+:o basedOn*:o participant*+:o appointment*+:o period:o
         length:o reasonCode*+:o reasonReference*+:o diagnosis*+:o account*:o hospitalization:o
         location*:o serviceProvider:o partOf:o
        @Endpoint identifier*+:o status!+:p=active|suspended|error|off|entered-in-error|test
         connectionType!+:o name+:p managingOrganization+:o contact*:o period+:o
         payloadType!*+:o payloadMimeType*+:p address!+:p header*:p
        @EnrollmentRequest identifier*:o status+:p=active|cancelled|draft|entered-in-error
         created:d insurer:o provider:o candidate:o coverage:o
        @EnrollmentResponse identifier*:o status+:p=active|cancelled|draft|entered-in-error
         request:o outcome:p=queued|complete|error|partial disposition:p created:d
         organization:o requestProvider:o
        @EpisodeOfCare identifier*:o
         status!+:p=planned|waitlist|active|onhold|finished|cancelled|entered-in-error
         statusHistory*:o type*+:o diagnosis*+:o patient!+:o managingOrganization+:o period+:o
         referralRequest*:o careManager:o team*:o account*:o
        @EventDefinition url+:p identifier*+:o version+:p name+:p title+:p subtitle:p
         status!+:p=draft|active|retired|unknown experimental+:b subject[x] date+:d publisher+:p
         contact*+:o description:p useContext*+:o jurisdiction*+:o purpose:p usage:p copyright:p
         approvalDate+:d lastReviewDate+:d effectivePeriod+:o topic*:o author*:o editor*:o
         reviewer*:o endorser*:o relatedArtifact*:o trigger!*+:o
        @Evidence url+:p identifier*+:o version+:p name+:p title+:p shortTitle:p subtitle:p
         status!+:p=draft|active|retired|unknown date+:d publisher+:p contact*+:o description+:p
         note*:o useContext*+:o jurisdiction*+:o copyright:p approvalDate:d lastReviewDate:d
         effectivePeriod+:o topic*:o author*:o editor*:o reviewer*:o endorser*:o
         relatedArtifact*:o exposureBackground!+:o exposureVariant*+:o outcome*+:o
        @EvidenceVariable url+:p identifier*+:o version+:p name+:p title+:p shortTitle+:p
         subtitle:p status!+:p=draft|active|retired|unknown date+:d publisher+:p contact*+:o
         description+:p note*:o useContext*+:o jurisdiction*+:o copyright:p approvalDate:d
         lastReviewDate:d effectivePeriod+:o topic*:o author*:o editor*:o reviewer*:o
         endorser*:o relatedArtifact*:o type+:p=dichotomous|continuous|descriptive
         characteristic!*+:o
        @ExampleScenario url+:p identifier*+:o version+:p name+:p
         status!+:p=draft|active|retired|unknown experimental+:b date+:d publisher+:p
         contact*+:o useContext*+:o jurisdiction*+:o copyright:p purpose:p actor*:o instance*:o
         process*:o workflow*:o
        @ExplanationOfBenefit identifier*:o status!+:p=active|cancelled|draft|entered-in-error
         type!+:o subType:o use!+:p=claim|preauthorization|predetermination patient!+:o
         billablePeriod+:o created!+:d enterer:o insurer!+:o provider!+:o priority:o
         fundsReserveRequested:o fundsReserve:o related*:o prescription:o originalPrescription:o
         payee:o referral:o facility:o claim:o claimResponse:o
         outcome!+:p=queued|complete|error|partial disposition:p preAuthRef*:p
         preAuthRefPeriod*:o careTeam*:o supportingInfo*:o diagnosis*:o procedure*:o
         precedence:n insurance!*+:o accident:o item*:o addItem*:o adjudication*:o total*+:o
         payment:o formCode:o form:o processNote*:o benefitPeriod:o benefitBalance*:o
        @FamilyMemberHistory identifier*+:o instantiatesCanonical*+:o instantiatesUri*+:p
         status!+:p=partial|completed|entered-in-error|health-unknown dataAbsentReason+:o
         patient!+:o date+:d name+:p relationship!+:o sex+:o born[x] age[x]+ estimatedAge+:b
         deceased[x]+ reasonCode*+:o reasonReference*+:o note*:o condition*:o
        @Flag identifier*+:o status!+:p=active|inactive|entered-in-error category*+:o code!+:o
         subject!+:o period+:o encounter+:o author+:o
        @Goal identifier*:o
         lifecycleStatus!+:p=proposed|planned|accepted|active|on-hold|completed|cancelled|entered-in-error|rejected
         achievementStatus+:o category*+:o priority+:o description!+:o subject!+:o start[x]+
         target*:o statusDate+:d statusReason:p expressedBy+:o addresses*:o note*:o
         outcomeCode*:o outcomeReference*:o
        @GraphDefinition url+:p version+:p name!+:p status!+:p=draft|active|retired|unknown
         experimental+:b date+:d publisher+:p contact*+:o description:p useContext*+:o
         jurisdiction*+:o purpose:p start!+:p profile:o link*:o
        @Group identifier*+:o active+:b
         type!+:p=person|animal|practitioner|device|medication|substance actual!+:b code+:o
         name+:p quantity+:n managingEntity+:o characteristic*:o member*:o
        @GuidanceResponse requestIdentifier+:o identifier*+:o module[x]!+
         status!+:p=success|data-requested|data-required|in-progress|failure|entered-in-error
         subject:o encounter:o occurrenceDateTime:d performer:o reasonCode*:o reasonReference*:o
         note*:o evaluationMessage*:o outputParameters:o result:o dataRequirement*:o
        @HealthcareService identifier*+:o active+:b providedBy+:o category*+:o type*+:o
         specialty*+:o location*+:o name+:p comment+:p extraDetails:p photo+:o telecom*:o
         coverageArea*:o serviceProvisionCode*:o eligibility*:o program*:o characteristic*:o
         communication*:o referralMethod*:o appointmentRequired:b availableTime*:o
         notAvailable*:o availabilityExceptions:p endpoint*:o
        @ImagingStudy identifier*+:o
         status!+:p=registered|available|cancelled|entered-in-error|unknown modality*+:o
         subject!+:o encounter+:o started+:d basedOn*+:o referrer+:o interpreter*+:o
         endpoint*+:o numberOfSeries+:n numberOfInstances+:n procedureReference+:o
         procedureCode*+:o location+:o reasonCode*+:o reasonReference*+:o note*+:o
         description+:p series*+:o
        @Immunization identifier*:o status!+:p=completed|entered-in-error|not-done
         statusReason:o vaccineCode!+:o patient!+:o encounter:o occurrence[x]!+ recorded:d
         primarySource+:b reportOrigin:o location:o manufacturer:o lotNumber:p expirationDate:d
         site:o route:o doseQuantity:o performer*+:o note*+:o reasonCode*:o reasonReference*:o
         isSubpotent+:b subpotentReason*:o education*:o programEligibility*:o fundingSource:o
         reaction*:o protocolApplied*:o
        @ImmunizationEvaluation identifier*:o status!+:p=completed|entered-in-error patient!+:o
         date:d authority:o targetDisease!+:o immunizationEvent!+:o doseStatus!+:o
         doseStatusReason*:o description:p series:p doseNumber[x] seriesDoses[x]
        @ImmunizationRecommendation identifier*+:o patient!+:o date!+:d authority:o
         recommendation!*+:o
        @ImplementationGuide url!+:p version+:p name!+:p title+:p
         status!+:p=draft|active|retired|unknown experimental+:b date+:d publisher+:p
         contact*+:o description:p useContext*+:o jurisdiction*+:o copyright:p packageId!+:p
         license+:p
         fhirVersion!*+:p=0.01|0.05|0.06|0.11|0.0.80|0.0.81|0.0.82|0.4.0|0.5.0|1.0.0|1.0.1|1.0.2|1.1.0|1.4.0|1.6.0|1.8.0|3.0.0|3.0.1|3.3.0|3.5.0|4.0.0|4.0.1
         dependsOn*+:o global*+:o definition:o manifest:o
        @InsurancePlan identifier*+:o status+:p=draft|active|retired|unknown type*+:o name+:p
         alias*:p period:o ownedBy+:o administeredBy+:o coverageArea*+:o contact*:o endpoint*:o
         network*:o coverage*:o plan*:o
        @Invoice identifier*+:o status!+:p=draft|issued|balanced|cancelled|entered-in-error
         cancelledReason:p type+:o subject+:o recipient+:o date+:d participant*:o issuer:o
         account:o lineItem*:o totalPriceComponent*:o totalNet+:o totalGross+:o paymentTerms:p
         note*:o
        @Library url+:p identifier*+:o version+:p name+:p title+:p subtitle:p
         status!+:p=draft|active|retired|unknown experimental+:b type!+:o subject[x] date+:d
         publisher+:p contact*+:o description+:p useContext*+:o jurisdiction*+:o purpose:p
         usage:p copyright:p approvalDate:d lastReviewDate:d effectivePeriod+:o topic*:o
         author*:o editor*:o reviewer*:o endorser*:o relatedArtifact*:o parameter*:o
         dataRequirement*:o content*+:o
        @Linkage active+:b author+:o item!*+:o
        @List identifier*:o status!+:p=current|retired|entered-in-error
         mode!+:p=working|snapshot|changes title+:p code+:o subject+:o encounter:o date+:d
         source+:o orderedBy:o note*:o entry*:o emptyReason:o
        @Location identifier*+:o status+:p=active|suspended|inactive operationalStatus+:o
         name+:p alias*:p description+:p mode+:p=instance|kind type*+:o telecom*:o address:o
         physicalType+:o position:o managingOrganization+:o partOf:o hoursOfOperation*:o
         availabilityExceptions:p endpoint*:o
        @Measure url+:p identifier*+:o version+:p name+:p title+:p subtitle:p
         status!+:p=draft|active|retired|unknown experimental+:b subject[x] date+:d publisher+:p
         contact*+:o description+:p useContext*+:o jurisdiction*+:o purpose:p usage:p
         copyright:p approvalDate:d lastReviewDate:d effectivePeriod+:o topic*:o author*:o
         editor*:o reviewer*:o endorser*:o relatedArtifact*:o library*:o disclaimer+:p
         scoring+:o compositeScoring+:o type*+:o riskAdjustment+:p rateAggregation+:p
         rationale+:p clinicalRecommendationStatement+:p improvementNotation+:o definition*+:p
         guidance+:p group*:o supplementalData*:o
        @MeasureReport identifier*+:o status!+:p=complete|pending|error
         type!+:p=individual|subject-list|summary|data-collection measure!+:o subject+:o date+:d
         reporter+:o period!+:o improvementNotation+:o group*:o evaluatedResource*:o
        @Media identifier*+:o basedOn*+:o partOf*+:o
         status!+:p=preparation|in-progress|not-done|on-hold|stopped|completed|entered-in-error|unknown
         type+:o modality+:o view+:o subject+:o encounter+:o created[x]+ issued+:d operator+:o
         reasonCode*+:o bodySite+:o deviceName+:p device+:o height+:n width+:n frames+:n
         duration+:n content!+:o note*:o
        @Medication identifier*+:o code+:o status+:p=active|inactive|entered-in-error
         manufacturer+:o form:o amount+:o ingredient*:o batch:o
        @MedicationAdministration identifier*:o instantiates*+:p partOf*+:o
         status!+:p=in-progress|not-done|on-hold|completed|entered-in-error|stopped|unknown
         statusReason*:o category:o medication[x]!+ subject!+:o context:o
         supportingInformation*:o effective[x]!+ performer*+:o reasonCode*:o reasonReference*:o
         request:o device*:o note*:o dosage:o eventHistory*:o
        @MedicationDispense identifier*:o partOf*:o
         status!+:p=preparation|in-progress|cancelled|on-hold|completed|entered-in-error|stopped|declined|unknown
         statusReason[x] category:o medication[x]!+ subject+:o context:o
         supportingInformation*:o performer*:o location:o authorizingPrescription*:o type:o
         quantity:o daysSupply:o whenPrepared+:d whenHandedOver:d destination:o receiver*:o
         note*:o dosageInstruction*:o substitution:o detectedIssue*:o eventHistory*:o
        @MedicationKnowledge code+:o status+:p=active|inactive|entered-in-error manufacturer+:o
         doseForm:o amount+:o synonym*+:p relatedMedicationKnowledge*:o associatedMedication*:o
         productType*:o monograph*:o ingredient*:o preparationInstruction:p intendedRoute*:o
         cost*:o monitoringProgram*:o administrationGuidelines*:o medicineClassification*:o
         packaging:o drugCharacteristic*:o contraindication*:o regulatory*:o kinetics*:o
        @MedicationRequest identifier*:o
         status!+:p=active|on-hold|cancelled|completed|entered-in-error|stopped|draft|unknown
         statusReason:o
         intent!+:p=proposal|plan|order|original-order|reflex-order|filler-order|instance-order|option
         category*:o priority+:p=routine|urgent|asap|stat doNotPerform+:b reported[x]+
         medication[x]!+ subject!+:o encounter:o supportingInformation*:o authoredOn+:d
         requester+:o performer:o performerType+:o recorder:o reasonCode*:o reasonReference*:o
         instantiatesCanonical*+:p instantiatesUri*+:p basedOn*+:o groupIdentifier+:o
         courseOfTherapyType:o insurance*:o note*:o dosageInstruction*:o dispenseRequest:o
         substitution:o priorPrescription:o detectedIssue*:o eventHistory*:o
        @MedicationStatement identifier*+:o basedOn*+:o partOf*+:o
         status!+:p=active|completed|entered-in-error|intended|stopped|on-hold|unknown|not-taken
         statusReason*:o category+:o medication[x]!+ subject!+:o context+:o effective[x]+
         dateAsserted+:d informationSource:o derivedFrom*:o reasonCode*:o reasonReference*:o
         note*:o dosage*:o
        @MedicinalProduct identifier*+:o type+:o domain+:o combinedPharmaceuticalDoseForm+:o
         legalStatusOfSupply+:o additionalMonitoringIndicator+:o specialMeasures*+:p
         paediatricUseIndicator+:o productClassification*+:o marketingStatus*+:o
         pharmaceuticalProduct*+:o packagedMedicinalProduct*+:o attachedDocument*+:o
         masterFile*+:o contact*+:o clinicalTrial*+:o name!*+:o crossReference*+:o
         manufacturingBusinessOperation*+:o specialDesignation*+:o
        @MedicinalProductAuthorization identifier*+:o subject+:o country*+:o jurisdiction*+:o
         status+:o statusDate+:d restoreDate+:d validityPeriod+:o dataExclusivityPeriod+:o
         dateOfFirstAuthorization+:d internationalBirthDate+:d legalBasis+:o
         jurisdictionalAuthorization*+:o holder+:o regulator+:o procedure+:o
        @MedicinalProductContraindication subject*+:o disease+:o diseaseStatus+:o
         comorbidity*+:o therapeuticIndication*+:o otherTherapy*+:o population*+:o
        @MedicinalProductIndication subject*+:o diseaseSymptomProcedure+:o diseaseStatus+:o
         comorbidity*+:o intendedEffect+:o duration+:o otherTherapy*+:o undesirableEffect*+:o
         population*+:o
        @MedicinalProductIngredient identifier+:o role!+:o allergenicIndicator+:b
         manufacturer*+:o specifiedSubstance*+:o substance+:o
        @MedicinalProductInteraction subject*+:o description+:p interactant*+:o type+:o
         effect+:o incidence+:o management+:o
        @MedicinalProductManufactured manufacturedDoseForm!+:o unitOfPresentation+:o
         quantity!+:o manufacturer*+:o ingredient*+:o physicalCharacteristics+:o
         otherCharacteristics*+:o
        @MedicinalProductPackaged identifier*+:o subject*+:o description+:p
         legalStatusOfSupply+:o marketingStatus*+:o marketingAuthorization+:o manufacturer*+:o
         batchIdentifier*+:o packageItem!*+:o
        @MedicinalProductPharmaceutical identifier*+:o administrableDoseForm!+:o
         unitOfPresentation+:o ingredient*+:o device*+:o characteristics*+:o
         routeOfAdministration!*+:o
        @MedicinalProductUndesirableEffect subject*+:o symptomConditionEffect+:o
         classification+:o frequencyOfOccurrence+:o population*+:o
        @MessageDefinition url+:p identifier*+:o version+:p name+:p title+:p replaces*+:o
         status!+:p=draft|active|retired|unknown experimental+:b date!+:d publisher+:p
         contact*+:o description+:p useContext*+:o jurisdiction*+:o purpose+:p copyright:p
         base+:o parent*+:o event[x]!+ category+:p=consequence|currency|notification focus*+:o
         responseRequired:p=always|on-error|never|on-success allowedResponse*:o graph*:o
        @MessageHeader event[x]!+ destination*+:o sender+:o enterer+:o author+:o source!+:o
         responsible+:o reason+:o response+:o focus*+:o definition+:o
        @MolecularSequence identifier*+:o type+:p=aa|dna|rna coordinateSystem!+:n patient+:o
         specimen+:o device+:o performer+:o quantity+:o referenceSeq+:o variant*+:o
         observedSeq+:p quality*+:o readCoverage+:n repository*+:o pointer*+:o
         structureVariant*+:o
        @NamingSystem name!+:p status!+:p=draft|active|retired|unknown
         kind!+:p=codesystem|identifier|root date!+:d publisher+:p contact*+:o responsible:p
         type:o description:p useContext*+:o jurisdiction*+:o usage:p uniqueId!*+:o
        @NutritionOrder identifier*:o instantiatesCanonical*+:o instantiatesUri*+:p
         instantiates*:p
         status!+:p=draft|active|on-hold|revoked|completed|entered-in-error|unknown
         intent!+:p=proposal|plan|directive|order|original-order|reflex-order|filler-order|instance-order|option
         patient!+:o encounter:o dateTime!+:d orderer+:o allergyIntolerance*:o
         foodPreferenceModifier*:o excludeFoodModifier*:o oralDiet:o supplement*:o
         enteralFormula:o note*:o
        @Observation identifier*+:o basedOn*+:o partOf*+:o
         status!+:p=registered|preliminary|final|amended|corrected|cancelled|entered-in-error|unknown
         category*:o code!+:o subject+:o focus*+:o encounter+:o effective[x]+ issued+:d
         performer*+:o value[x]+ dataAbsentReason:o interpretation*:o note*:o bodySite:o
         method:o specimen:o device:o referenceRange*:o hasMember*+:o derivedFrom*+:o
         component*+:o
        @ObservationDefinition category*+:o code!+:o identifier*+:o
         permittedDataType*:p=Quantity|CodeableConcept|string|boolean|integer|Range|Ratio|SampledData|time|dateTime|Period
         multipleResultsAllowed:b method:o preferredReportName:p quantitativeDetails:o
         qualifiedInterval*:o validCodedValueSet:o normalCodedValueSet:o abnormalCodedValueSet:o
         criticalCodedValueSet:o
        @OperationDefinition url+:p version+:p name!+:p title+:p
         status!+:p=draft|active|retired|unknown kind!+:p=operation|query experimental+:b
         date+:d publisher+:p contact*+:o description:p useContext*+:o jurisdiction*+:o
         purpose:p affectsState+:b code!+:p comment:p base+:o resource*+:p system!+:b type!+:b
         instance!+:b inputProfile:o outputProfile:o parameter*:o overload*:o
        @OperationOutcome issue!*+:o
        @Organization identifier*+:o active+:b type*+:o name+:p alias*:p telecom*:o address*:o
         partOf+:o contact*:o endpoint*:o
        @OrganizationAffiliation identifier*+:o active+:b period+:o organization+:o
         participatingOrganization+:o network*+:o code*+:o specialty*+:o location*+:o
         healthcareService*:o telecom*+:o endpoint*:o
        @Parameters parameter*+:o
        @Patient identifier*+:o active+:b name*+:o telecom*+:o
         gender+:p=male|female|other|unknown birthDate+:d deceased[x]+ address*+:o
         maritalStatus:o multipleBirth[x] photo*:o contact*:o communication*:o
         generalPractitioner*:o managingOrganization+:o link*+:o
        @PaymentNotice identifier*:o status!+:p=active|cancelled|draft|entered-in-error
         request:o response:o created!+:d provider:o payment!+:o paymentDate:d payee:o
         recipient!+:o amount!+:o paymentStatus:o
        @PaymentReconciliation identifier*:o status!+:p=active|cancelled|draft|entered-in-error
         period+:o created!+:d paymentIssuer+:o request:o requestor:o
         outcome:p=queued|complete|error|partial disposition:p paymentDate!+:d paymentAmount!+:o
         paymentIdentifier:o detail*:o formCode:o processNote*:o
        @Person identifier*:o name*+:o telecom*+:o gender+:p=male|female|other|unknown
         birthDate+:d address*:o photo:o managingOrganization+:o active+:b link*:o
        @PlanDefinition url+:p identifier*+:o version+:p name+:p title+:p subtitle:p type+:o
         status!+:p=draft|active|retired|unknown experimental+:b subject[x] date+:d publisher+:p
         contact*+:o description+:p useContext*+:o jurisdiction*+:o purpose:p usage:p
         copyright:p approvalDate:d lastReviewDate:d effectivePeriod+:o topic*:o author*:o
         editor*:o reviewer*:o endorser*:o relatedArtifact*:o library*:o goal*:o action*:o
        @Practitioner identifier*+:o active+:b name*+:o telecom*+:o address*+:o
         gender+:p=male|female|other|unknown birthDate+:d photo*:o qualification*:o
         communication*:o
        @PractitionerRole identifier*+:o active+:b period+:o practitioner+:o organization+:o
         code*+:o specialty*+:o location*+:o healthcareService*:o telecom*+:o availableTime*:o
         notAvailable*:o availabilityExceptions:p endpoint*:o
        @Procedure identifier*+:o instantiatesCanonical*+:o instantiatesUri*+:p basedOn*+:o
         partOf*+:o
         status!+:p=preparation|in-progress|not-done|on-hold|stopped|completed|entered-in-error|unknown
         statusReason+:o category+:o code+:o subject!+:o encounter+:o performed[x]+ recorder+:o
         asserter+:o performer*+:o location+:o reasonCode*+:o reasonReference*+:o bodySite*+:o
         outcome+:o report*:o complication*:o complicationDetail*:o followUp*:o note*:o
         focalDevice*:o usedReference*:o usedCode*:o
        @Provenance target!*+:o occurred[x] recorded!+:d policy*:p location:o reason*:o
         activity:o agent!*:o entity*:o signature*:o
        @Questionnaire url+:p identifier*+:o version+:p name+:p title+:p derivedFrom*:o
         status!+:p=draft|active|retired|unknown experimental+:b subjectType*+:p date+:d
         publisher+:p contact*+:o description:p useContext*+:o jurisdiction*+:o purpose:p
         copyright:p approvalDate:d lastReviewDate:d effectivePeriod+:o code*+:o item*:o
        @QuestionnaireResponse identifier+:o basedOn*+:o partOf*+:o questionnaire+:o
         status!+:p=in-progress|completed|amended|entered-in-error|stopped subject+:o
         encounter+:o authored+:d author+:o source+:o item*:o
        @RelatedPerson identifier*+:o active+:b patient!+:o relationship*+:o name*+:o
         telecom*+:o gender+:p=male|female|other|unknown birthDate+:d address*+:o photo*:o
         period:o communication*:o
        @RequestGroup identifier*+:o instantiatesCanonical*+:p instantiatesUri*+:p basedOn*:o
         replaces*:o groupIdentifier+:o
         status!+:p=draft|active|on-hold|revoked|completed|entered-in-error|unknown
         intent!+:p=proposal|plan|directive|order|original-order|reflex-order|filler-order|instance-order|option
         priority+:p=routine|urgent|asap|stat code+:o subject:o encounter:o authoredOn:d
         author:o reasonCode*:o reasonReference*:o note*:o action*:o
        @ResearchDefinition url+:p identifier*+:o version+:p name+:p title+:p shortTitle:p
         subtitle:p status!+:p=draft|active|retired|unknown experimental+:b subject[x] date+:d
         publisher+:p contact*+:o description+:p comment*:p useContext*+:o jurisdiction*+:o
         purpose:p usage:p copyright:p approvalDate:d lastReviewDate:d effectivePeriod+:o
         topic*:o author*:o editor*:o reviewer*:o endorser*:o relatedArtifact*:o library*:o
         population!+:o exposure+:o exposureAlternative+:o outcome+:o
        @ResearchElementDefinition url+:p identifier*+:o version+:p name+:p title+:p
         shortTitle+:p subtitle:p status!+:p=draft|active|retired|unknown experimental+:b
         subject[x] date+:d publisher+:p contact*+:o description+:p comment*:p useContext*+:o
         jurisdiction*+:o purpose:p usage:p copyright:p approvalDate:d lastReviewDate:d
         effectivePeriod+:o topic*:o author*:o editor*:o reviewer*:o endorser*:o
         relatedArtifact*:o library*:o type!+:p=population|exposure|outcome
         variableType:p=dichotomous|continuous|descriptive characteristic!*+:o
        @ResearchStudy identifier*+:o title+:p protocol*+:o partOf*+:o
         status!+:p=active|administratively-completed|approved|closed-to-accrual|closed-to-accrual-and-intervention|completed|disapproved|in-review|temporarily-closed-to-accrual|temporarily-closed-to-accrual-and-intervention|withdrawn
         primaryPurposeType+:o phase+:o category*+:o focus*+:o condition*+:o contact*+:o
         relatedArtifact*:o keyword*+:o location*+:o description:p enrollment*+:o period+:o
         sponsor+:o principalInvestigator+:o site*+:o reasonStopped+:o note*:o arm*:o
         objective*:o
        @ResearchSubject identifier*+:o
         status!+:p=candidate|eligible|follow-up|ineligible|not-registered|off-study|on-study|on-study-intervention|on-study-observation|pending-on-study|potential-candidate|screening|withdrawn
         period+:o study!+:o individual!+:o assignedArm:p actualArm:p consent:o
        @RiskAssessment identifier*+:o basedOn:o parent:o
         status!+:p=registered|preliminary|final|amended|corrected|cancelled|entered-in-error|unknown
         method+:o code+:o subject!+:o encounter+:o occurrence[x]+ condition+:o performer+:o
         reasonCode*:o reasonReference*:o basis*:o prediction*:o mitigation:p note*:o
        @RiskEvidenceSynthesis url+:p identifier*+:o version+:p name+:p title+:p
         status!+:p=draft|active|retired|unknown date+:d publisher+:p contact*+:o description+:p
         note*:o useContext*+:o jurisdiction*+:o copyright:p approvalDate:d lastReviewDate:d
         effectivePeriod+:o topic*:o author*:o editor*:o reviewer*:o endorser*:o
         relatedArtifact*:o synthesisType:o studyType:o population!+:o exposure+:o outcome!+:o
         sampleSize:o riskEstimate+:o certainty*:o
        @Schedule identifier*+:o active+:b serviceCategory*+:o serviceType*+:o specialty*+:o
         actor!*+:o planningHorizon+:o comment:p
        @SearchParameter url!+:p version+:p name!+:p derivedFrom:o
         status!+:p=draft|active|retired|unknown experimental+:b date+:d publisher+:p
         contact*+:o description!+:p useContext*+:o jurisdiction*+:o purpose:p code!+:p
         base!*+:p type!+:p=number|date|string|token|reference|composite|quantity|uri|special
         expression:p xpath:p xpathUsage:p=normal|phonetic|nearby|distance|other target*:p
         multipleOr:b multipleAnd:b comparator*:p=eq|ne|gt|lt|ge|le|sa|eb|ap
         modifier*:p=missing|exact|contains|not|text|in|not-in|below|above|type|identifier|ofType
         chain*:p component*:o
        @ServiceRequest identifier*+:o instantiatesCanonical*+:o instantiatesUri*+:p basedOn*+:o
         replaces*+:o requisition+:o
         status!+:p=draft|active|on-hold|revoked|completed|entered-in-error|unknown
         intent!+:p=proposal|plan|directive|order|original-order|reflex-order|filler-order|instance-order|option
         category*+:o priority+:p=routine|urgent|asap|stat doNotPerform+:b code+:o
         orderDetail*+:o quantity[x]+ subject!+:o encounter+:o occurrence[x]+ asNeeded[x]+
         authoredOn+:d requester+:o performerType+:o performer*+:o locationCode*+:o
         locationReference*+:o reasonCode*+:o reasonReference*+:o insurance*:o supportingInfo*:o
         specimen*+:o bodySite*+:o note*:o patientInstruction+:p relevantHistory*:o
        @Slot identifier*+:o serviceCategory*+:o serviceType*+:o specialty*+:o
         appointmentType+:o schedule!+:o
         status!+:p=busy|free|busy-unavailable|busy-tentative|entered-in-error start!+:d end!+:d
         overbooked:b comment:p
        @Specimen identifier*+:o accessionIdentifier+:o
         status+:p=available|unavailable|unsatisfactory|entered-in-error type+:o subject+:o
         receivedTime+:d parent*:o request*:o collection:o processing*:o container*:o
         condition*+:o note*:o
        @SpecimenDefinition identifier+:o typeCollected+:o patientPreparation*+:o timeAspect+:p
         collection*+:o typeTested*:o
        @StructureDefinition url!+:p identifier*+:o version+:p name!+:p title+:p
         status!+:p=draft|active|retired|unknown experimental+:b date+:d publisher+:p
         contact*+:o description:p useContext*+:o jurisdiction*+:o purpose:p copyright:p
         keyword*+:o
         fhirVersion+:p=0.01|0.05|0.06|0.11|0.0.80|0.0.81|0.0.82|0.4.0|0.5.0|1.0.0|1.0.1|1.0.2|1.1.0|1.4.0|1.6.0|1.8.0|3.0.0|3.0.1|3.3.0|3.5.0|4.0.0|4.0.1
         mapping*:o kind!+:p=primitive-type|complex-type|resource|logical abstract!+:b
         context*+:o contextInvariant*+:p type!+:p baseDefinition+:o
         derivation+:p=specialization|constraint snapshot:o differential:o
        @StructureMap url!+:p identifier*+:o version+:p name!+:p title+:p
         status!+:p=draft|active|retired|unknown experimental+:b date+:d publisher+:p
         contact*+:o description:p useContext*+:o jurisdiction*+:o purpose:p copyright:p
         structure*+:o import*+:o group!*+:o
        @Subscription status!+:p=requested|active|error|off contact*+:o end+:d reason!+:p
         criteria!+:p error+:p channel!+:o
        @Substance identifier*+:o status+:p=active|inactive|entered-in-error category*+:o
         code!+:o description+:p instance*+:o ingredient*+:o
        @SubstanceNucleicAcid sequenceType+:o numberOfSubunits+:n areaOfHybridisation+:p
         oligoNucleotideType+:o subunit*+:o
        @SubstancePolymer class+:o geometry+:o copolymerConnectivity*+:o modification*+:p
         monomerSet*+:o repeat*+:o
        @SubstanceProtein sequenceType+:o numberOfSubunits+:n disulfideLinkage*+:p subunit*+:o
        @SubstanceReferenceInformation comment+:p gene*+:o geneElement*+:o classification*+:o
         target*+:o
        @SubstanceSourceMaterial sourceMaterialClass+:o sourceMaterialType+:o
         sourceMaterialState+:o organismId+:o organismName+:p parentSubstanceId*+:o
         parentSubstanceName*+:p countryOfOrigin*+:o geographicalLocation*+:p
         developmentStage+:o fractionDescription*+:o organism+:o partDescription*+:o
        @SubstanceSpecification identifier+:o type+:o status+:o domain+:o description+:p
         source*+:o comment+:p moiety*+:o property*+:o referenceInformation+:o structure+:o
         code*+:o name*+:o molecularWeight*+:o relationship*+:o nucleicAcid+:o polymer+:o
         protein+:o sourceMaterial+:o
        @SupplyDelivery identifier*:o basedOn*+:o partOf*+:o
         status+:p=in-progress|completed|abandoned|entered-in-error patient:o type:o
         suppliedItem:o occurrence[x]+ supplier:o destination:o receiver*:o
        @SupplyRequest identifier*+:o
         status+:p=draft|active|suspended|cancelled|completed|entered-in-error|unknown
         category+:o priority+:p=routine|urgent|asap|stat item[x]!+ quantity!+:o parameter*:o
         occurrence[x]+ authoredOn+:d requester+:o supplier*+:o reasonCode*:o reasonReference*:o
         deliverFrom:o deliverTo:o
        @Task identifier*:o instantiatesCanonical+:o instantiatesUri+:p basedOn*+:o
         groupIdentifier+:o partOf*+:o
         status!+:p=draft|requested|received|accepted|rejected|ready|cancelled|in-progress|on-hold|failed|completed|entered-in-error
         statusReason+:o businessStatus+:o
         intent!+:p=unknown|proposal|plan|order|original-order|reflex-order|filler-order|instance-order|option
         priority:p=routine|urgent|asap|stat code+:o description+:p focus+:o for+:o encounter+:o
         executionPeriod+:o authoredOn:d lastModified+:d requester+:o performerType*:o owner+:o
         location+:o reasonCode:o reasonReference:o insurance*:o note*:o relevantHistory*:o
         restriction:o input*:o output*:o
        @TerminologyCapabilities url+:p version+:p name+:p title+:p
         status!+:p=draft|active|retired|unknown experimental+:b date!+:d publisher+:p
         contact*+:o description:p useContext*+:o jurisdiction*+:o purpose:p copyright+:p
         kind!+:p=instance|capability|requirements software+:o implementation+:o lockedDate+:b
         codeSystem*:o expansion:o codeSearch:p=explicit|all validateCode:o translation:o
         closure:o
        @TestReport identifier+:o name+:p
         status!+:p=completed|in-progress|waiting|stopped|entered-in-error testScript!+:o
         result!+:p=pass|fail|pending score+:n tester+:p issued+:d participant*:o setup:o
         test*:o teardown:o
        @TestScript url!+:p identifier+:o version+:p name!+:p title+:p
         status!+:p=draft|active|retired|unknown experimental+:b date+:d publisher+:p
         contact*+:o description:p useContext*+:o jurisdiction*+:o purpose:p copyright:p
         origin*:o destination*:o metadata:o fixture*:o profile*:o variable*:o setup:o test*:o
         teardown:o
        @ValueSet url+:p identifier*+:o version+:p name+:p title+:p
         status!+:p=draft|active|retired|unknown experimental+:b date+:d publisher+:p
         contact*+:o description:p useContext*+:o jurisdiction*+:o immutable+:b purpose:p
         copyright:p compose:o expansion:o
        @VerificationResult target*+:o targetLocation*+:p need+:o
         status!+:p=attested|validated|in-process|req-revalid|val-fail|reval-fail statusDate+:d
         validationType+:o validationProcess*+:o frequency:o lastPerformed:d nextScheduled:d
         failureAction+:o primarySource*:o attestation:o validator*:o
        @VisionPrescription identifier*:o status!+:p=active|cancelled|draft|entered-in-error
         created!+:d patient!+:o encounter:o dateWritten!+:d prescriber!+:o
         lensSpecification!*+:o
        """
}
