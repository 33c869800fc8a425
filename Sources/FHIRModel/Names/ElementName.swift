/// The names of FHIR elements that this module tells apart; all others are ``unknown``.
///
/// The name of the same element may mean different things in different types; what it means where is decided
/// by ``ResourceSummary`` and ``OwnerRule``.
public enum ElementName: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// An element this module need not know.
    case unknown = ""
    // Of every resource.
    case resourceType, id, meta, implicitRules, language, text, contained, `extension`,
        modifierExtension, versionId, lastUpdated, source, profile, security, tag, div, status
    // Of data types.
    case coding, system, version, code, display, reference, type, identifier, value, use,
        contentType, data, url, title, unit, comparator, origin, dimensions, sigFormat, start,
        end
    // Holding attachments.
    case content, attachment, payload, photo, presentedForm
    // Text.
    case name, note, comment, description, conclusion
    // Strings that are no text.
    case intent, priority, gender, mode, kind, criticality, linkId, birthDate, family, given,
        prefix, suffix, line, city, district, state, country, postalCode, lotNumber,
        docStatus, currency, lifecycleStatus, durationUnit, periodUnit, questionnaire,
        instantiatesCanonical, instantiatesUri, serialNumber, fullUrl, actuality, when,
        dayOfWeek, daysOfWeek, lastModified, outcome, action, valueCode, valueUri, valueUrl,
        valueCanonical, valueId, valueOid, valueUuid, valueDate, valueDateTime, valueInstant,
        valueTime, valueBase64Binary
    // References and what holds them.
    case subject, patient, `for`, beneficiary, individual, candidate, encounter, context,
        focus, basedOn, partOf, author, recorder, asserter, requester, performer, sender,
        recipient, receiver, provider, enterer, insurer, actor, member, who, what, target,
        informationSource, party, policyHolder, subscriber, payor, owner, onBehalfOf, entity,
        item, resource, other, link, deliverTo, securityContext, schedule, request, response,
        payment, payee, participant, agent, collection, entry, section, attester, `operator`,
        prescriber, assessor, interpreter, resultsInterpreter, generalPractitioner,
        managingOrganization, serviceProvider, organization, location, practitioner,
        authorReference, careTeam, detail, activity, facility, insurance, coverage, guarantor,
        restriction, related, about, instance, result, reasonReference, medicationReference,
        claim, consent, appointment
    // Dates.
    case effectiveDateTime, effectiveInstant, onsetDateTime, abatementDateTime,
        performedDateTime, occurrenceDateTime, occurredDateTime, authoredOn, authored, sent,
        received, started, servicedDate, date, dateWritten, dateTime, startDate, dueDate,
        collectedDateTime, receivedTime, whenPrepared, whenHandedOver, lastOccurrence,
        identifiedDateTime, timingDate, timingDateTime, detected, createdDateTime, event,
        issued, recorded, recordedDate, created, dateAsserted, recordedOn, enteredDate, time,
        verificationDate, paymentDate, statusDate, timestamp
    // Whose dates or texts do not count.
    case address, telecom, contact, communication, qualification, signature, valueSampledData
    // Coded elements.
    case category, `class`, reasonCode, valueCoding, valueCodeableConcept,
        medicationCodeableConcept, vaccineCode, diagnosis, procedure, productOrService,
        supportingInfo, interpretation, component, clinicalStatus, verificationStatus,
        securityLabel,
        purpose, bodySite, provision

    /// The name as FHIR writes it.
    public var description: String { self == .unknown ? "element" : rawValue }

    static let all = allCases
    static let table = NameTable(allCases.map(\.rawValue))

    /// Zero-based place among all cases.
    var place: Int { Int(unsafeBitCast(self, to: UInt8.self)) }
}
