/// The JSON types that FHIR R4 gives an element of a name, over all resource types.
struct JSONShapes: OptionSet {
    let rawValue: UInt8

    static let string = JSONShapes(rawValue: 1)
    static let object = JSONShapes(rawValue: 2)
    static let number = JSONShapes(rawValue: 4)
    static let boolean = JSONShapes(rawValue: 8)
    static let strings = JSONShapes(rawValue: 16)
    static let objects = JSONShapes(rawValue: 32)
    /// `null`, nested arrays, arrays of numbers: nowhere in an element that this module reads.
    static let strange = JSONShapes(rawValue: 64)
    static let any = JSONShapes(rawValue: 127)
}

/// What a string under a name is good for.
enum StringUse: UInt8 {
    /// Text that a labeller reads; also what every unknown name holds, so that nothing is overlooked.
    case text
    /// Codes, addresses, links, names of persons: no text.
    case plain
    /// When something happened to the patient.
    case clinicalTime
    /// When something was written down.
    case recordedTime
    /// Part of a coding, reference or attachment, or of the resource's head.
    case part
}

/// What ``ResourceSummary`` knows of a name before it looks at the value.
struct ElementTraits {
    var shapes = JSONShapes.any
    var use = StringUse.text
    /// Dates below this name are not the record's (an identifier's period, a person's address).
    var hidesDates = false
    /// Text below this name is a person's name or address.
    var isPersonal = false
    /// An element of type Reference, or one that may hold it.
    var isReference = false

    /// Traits by ``ElementName/place``.
    static let table: [ElementTraits] = {
        var table = [ElementTraits](repeating: ElementTraits(), count: ElementName.all.count)
        func set(_ names: [ElementName], _ change: (inout ElementTraits) -> Void) {
            for name in names { change(&table[name.place]) }
        }
        set(parts) { $0.use = .part }
        set(plain) { $0.use = .plain }
        set(clinicalTimes) { $0.use = .clinicalTime }
        set(recordedTimes) { $0.use = .recordedTime }
        set(dateless) { $0.hidesDates = true }
        set([.name, .address]) { $0.isPersonal = true }
        set(references) { $0.isReference = true }
        for (shapes, names) in shapeTable { set(names) { $0.shapes = shapes } }
        return table
    }()

    private static let parts: [ElementName] = [
        .resourceType, .id, .versionId, .lastUpdated, .status, .language, .system, .version, .code,
        .display, .reference, .type, .value, .contentType, .data, .url, .unit, .comparator,
    ]

    private static let plain: [ElementName] = [
        .implicitRules, .source, .profile, .use, .sigFormat, .intent, .priority, .gender,
        .mode, .kind, .criticality, .linkId, .birthDate, .family, .given, .prefix, .suffix, .line,
        .city, .district, .state, .country, .postalCode, .lotNumber, .docStatus, .currency,
        .lifecycleStatus, .durationUnit, .periodUnit, .questionnaire, .instantiatesCanonical,
        .instantiatesUri, .serialNumber, .fullUrl, .actuality, .when, .dayOfWeek, .daysOfWeek,
        .outcome, .action, .valueCode, .valueUri, .valueUrl, .valueCanonical, .valueId, .valueOid,
        .valueUuid, .valueDate, .valueDateTime, .valueInstant, .valueTime, .valueBase64Binary,
        .category, .class, .purpose, .clinicalStatus, .verificationStatus, .statusDate,
        .verificationDate, .paymentDate, .timestamp, .security, .tag, .target,
    ]

    private static let clinicalTimes: [ElementName] = [
        .start, .end, .effectiveDateTime, .effectiveInstant, .onsetDateTime, .abatementDateTime,
        .performedDateTime, .occurrenceDateTime, .occurredDateTime, .authoredOn, .authored, .sent,
        .started, .servicedDate, .dateWritten, .dateTime, .startDate, .dueDate, .collectedDateTime,
        .whenPrepared, .whenHandedOver, .lastOccurrence, .identifiedDateTime, .timingDate,
        .timingDateTime, .detected, .createdDateTime, .event,
    ]

    private static let recordedTimes: [ElementName] = [
        .date, .issued, .recorded, .recordedDate, .created, .dateAsserted, .recordedOn,
        .enteredDate, .time, .received, .receivedTime, .lastModified,
    ]

    private static let dateless: [ElementName] = [
        .meta, .extension, .modifierExtension, .contained, .identifier, .name, .address, .telecom,
        .contact, .communication, .qualification, .link, .photo, .signature, .attachment,
        .generalPractitioner,
    ]

    private static let references: [ElementName] = [
        .subject, .patient, .for, .beneficiary, .individual, .candidate, .encounter, .context,
        .focus, .basedOn, .partOf, .author, .recorder, .asserter, .requester, .performer, .sender,
        .recipient, .receiver, .provider, .enterer, .insurer, .actor, .member, .who, .what,
        .target, .source, .informationSource, .party, .policyHolder, .subscriber, .payor, .owner,
        .onBehalfOf, .entity, .item, .resource, .other, .deliverTo, .securityContext, .schedule,
        .request, .response, .payment, .collection, .operator, .prescriber, .assessor,
        .interpreter, .resultsInterpreter, .generalPractitioner, .managingOrganization,
        .serviceProvider, .organization, .location, .practitioner, .authorReference, .careTeam,
        .facility, .coverage, .about, .result, .reasonReference, .medicationReference, .claim,
        .consent, .appointment, .reference,
    ]

    /// Names whose JSON type matters here; whatever has another type is refused, not skipped.
    private static let shapeTable: [(JSONShapes, [ElementName])] = [
        (
            .string,
            [
                .resourceType, .id, .versionId, .lastUpdated, .div, .display, .contentType, .title,
                .conclusion, .effectiveDateTime, .effectiveInstant, .onsetDateTime,
                .abatementDateTime, .performedDateTime, .occurrenceDateTime, .occurredDateTime,
                .authoredOn, .authored, .sent, .received, .started, .servicedDate, .date,
                .dateWritten, .dateTime, .startDate, .dueDate, .collectedDateTime, .receivedTime,
                .whenPrepared, .whenHandedOver, .lastOccurrence, .identifiedDateTime, .timingDate,
                .timingDateTime, .detected, .createdDateTime, .issued, .recorded, .recordedDate,
                .created, .dateAsserted, .recordedOn, .enteredDate, .time,
            ]
        ),
        (
            .object,
            [
                .meta, .attachment, .patient, .for, .beneficiary, .individual, .candidate,
                .recorder, .asserter, .sender, .enterer, .insurer, .who, .what,
                .informationSource, .policyHolder, .subscriber, .onBehalfOf, .deliverTo,
                .securityContext, .payee, .prescriber, .assessor, .serviceProvider,
                .authorReference, .facility, .medicationReference, .claim, .valueCoding,
                .valueCodeableConcept, .medicationCodeableConcept,
            ]
        ),
        (
            .objects,
            [
                .contained, .modifierExtension, .tag, .coding, .note, .presentedForm, .payor,
                .participant, .agent, .entry, .section, .attester, .interpreter,
                .resultsInterpreter, .generalPractitioner, .careTeam, .insurance, .securityLabel,
            ]
        ),
        (
            [.object, .objects],
            [
                .extension, .security, .subject, .encounter, .focus, .basedOn, .author, .requester,
                .performer, .recipient, .provider, .actor, .member, .entity, .managingOrganization,
                .organization, .coverage, .reasonReference, .class, .reasonCode,
            ]
        ),
        ([.string, .object], [.text, .status]),
        ([.string, .object, .objects], [.code, .reference, .identifier]),
        ([.string, .boolean], [.system]),
        ([.string, .objects], [.data]),
        ([.string, .number, .object], [.start]),
        ([.string, .number], [.end]),
    ]
}
