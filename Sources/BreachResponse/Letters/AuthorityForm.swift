internal import VaultCore

/// The fields of one kind of form.
enum AuthorityForm {
    case hhs
    case gdpr
    case korea
    case malaysia
    case india
    case certIn
    case general

    var name: String {
        switch self {
        case .hhs: "HHS breach portal"
        case .gdpr: "GDPR article 33, in phases"
        case .korea: "PIPC / KISA leak report"
        case .malaysia: "PDP Commissioner, annex B"
        case .india: "Data Protection Board, rule 7(2)"
        case .certIn: "CERT-In incident report"
        case .general: "general"
        }
    }

    func fields(_ known: FormCase, _ deadline: BreachDeadline) -> [JSONValue.Member] {
        switch self {
        case .hhs: Self.hhs(known, deadline)
        case .gdpr: Self.gdpr(known, deadline)
        case .korea: Self.korea(known)
        case .malaysia: Self.malaysia(known, deadline)
        case .india: Self.india(known)
        case .certIn: Self.certIn(known)
        case .general: Self.general(known, deadline)
        }
    }

    /// Source: the fields of the HHS breach portal, 45 CFR 164.408.
    private static func hhs(_ known: FormCase, _ deadline: BreachDeadline) -> [JSONValue.Member] {
        let isLarge = known.affected >= 500
        let substitute: JSONValue =
            switch known.answer.substitute {
            case .none: "no"
            case .alternative: "yes, fewer than 10"
            case .pageOrMedia: "yes, 10 or more"
            }
        let media = known.answer.deadlines.filter {
            $0.isRequired && $0.rule.recipient == .media
        }.map(\.jurisdiction)
        return [
            .init("reportType", known.incident.scopeVersion > 1 ? "Addendum" : "Initial"),
            .init("affects", isLarge ? "500 or more individuals" : "Fewer than 500 individuals"),
            .init("coveredEntityName", .string(known.sender)),
            .init("coveredEntityType", known.said("entityType")),
            .init("coveredEntityContact", .string(known.contact)),
            .init("businessAssociate", known.said("businessAssociate")),
            .init("breachStart", known.window["from"] ?? .null),
            .init("breachEnd", known.window["to"] ?? .null),
            .init("discoveryStart", known.event("discovered")),
            .init("discoveryEnd", known.event("determined")),
            .init("individuals", .int(known.affected)),
            .init("breachType", known.type),
            .init("location", known.location),
            .init("protectedHealthInformation", known.kinds),
            .init("description", known.happened),
            .init("safeguardsBefore", known.said("safeguards")),
            .init("individualNoticeDates", known.event("individuals_notified")),
            .init("substituteNotice", substitute),
            .init("mediaNoticeStates", .strings(media)),
            .init("actionsTaken", known.actions),
            .init("attestation", known.said("attestation")),
        ]
    }

    /// Source: GDPR article 33(3) and (4).
    private static func gdpr(_ known: FormCase, _ deadline: BreachDeadline) -> [JSONValue.Member] {
        let isWhole = known.incident.scopeVersion > 0 && known.actions != .null
        return [
            .init("phase", isWhole ? "complete" : "first; the rest follows without undue delay"),
            .init("controller", .string(known.sender)),
            .init("dataProtectionOfficer", .string(known.contact)),
            .init("nature", known.happened),
            .init("occurredFrom", known.window["from"] ?? .null),
            .init("occurredUntil", known.window["to"] ?? .null),
            .init("aware", known.event("aware")),
            .init("categoriesOfPersons", ["patients"]),
            .init("numberOfPersons", .int(known.affected)),
            .init("categoriesOfRecords", known.kinds),
            .init("numberOfRecords", known.scope["counts"]?["versions"] ?? .null),
            .init("consequences", known.said("consequences")),
            .init("measures", known.actions),
            .init("personsToldOn", known.event("individuals_notified")),
            .init("crossBorder", known.said("crossBorder")),
            .init(
                "reasonsForDelay",
                known.isLate(deadline) ? known.said("reasonsForDelay") : "not late"
            ),
        ]
    }

    /// Source: Personal Information Protection Act article 34 and its decree.
    private static func korea(_ known: FormCase) -> [JSONValue.Member] {
        [
            .init("handler", .string(known.sender)), .init("items", known.kinds),
            .init("number", .int(known.affected)),
            .init("when", known.window["from"] ?? .null), .init("how", known.happened),
            .init("aware", known.event("aware")),
            .init("selfProtection", known.said("selfProtection")),
            .init("responseAndRemedy", known.actions),
            .init("personsToldOn", known.event("individuals_notified")),
            .init("departmentAndContact", .string(known.contact)),
        ]
    }

    /// Source: Personal Data Protection Act 2010 section 12B, annex B of the Commissioner's circular.
    private static func malaysia(
        _ known: FormCase,
        _ deadline: BreachDeadline
    ) -> [JSONValue.Member] {
        [
            .init("dataController", .string(known.sender)),
            .init("dataProtectionOfficer", .string(known.contact)),
            .init("detected", known.event("detected")),
            .init("occurred", known.window["from"] ?? .null),
            .init("typeOfBreach", known.happened), .init("personalData", known.kinds),
            .init("numberOfDataSubjects", .int(known.affected)),
            .init("systemsAffected", known.location),
            .init("possibleConsequences", known.said("consequences")),
            .init("chronology", .int(Int64(known.incident.records.count))),
            .init("measures", known.actions),
            .init("personsToldOn", known.event("individuals_notified")),
            .init(
                "reasonsAndEvidenceForDelay",
                known.isLate(deadline) ? known.said("reasonsForDelay") : "not late"
            ),
        ]
    }

    /// Source: Digital Personal Data Protection Rules 2025, rule 7(2)(a) and (b).
    private static func india(_ known: FormCase) -> [JSONValue.Member] {
        [
            .init("dataFiduciary", .string(known.sender)), .init("nature", known.happened),
            .init("extent", .int(known.affected)), .init("timing", known.window["from"] ?? .null),
            .init("location", known.location), .init("likelyImpact", known.said("consequences")),
            .init("broadFacts", known.happened), .init("cause", known.said("cause")),
            .init("mitigation", known.actions), .init("whoCausedIt", known.said("whoCausedIt")),
            .init("prevention", known.said("tests")),
            .init("noticesToPersons", known.event("individuals_notified")),
            .init("contact", .string(known.contact)),
        ]
    }

    /// Source: CERT-In Directions of 28 April 2022.
    private static func certIn(_ known: FormCase) -> [JSONValue.Member] {
        [
            .init("reporter", .string(known.sender)), .init("contact", .string(known.contact)),
            .init("typeOfIncident", known.type), .init("noticed", known.event("detected")),
            .init("occurred", known.window["from"] ?? .null),
            .init("affectedSystem", known.location), .init("description", known.happened),
            .init("actionsTaken", known.actions), .init("logsKeptInIndia", known.said("logsKept")),
        ]
    }

    private static func general(
        _ known: FormCase,
        _ deadline: BreachDeadline
    ) -> [JSONValue.Member] {
        [
            .init("organization", .string(known.sender)), .init("contact", .string(known.contact)),
            .init("what", known.happened), .init("occurred", known.window["from"] ?? .null),
            .init("discovered", known.event("discovered")),
            .init("residents", deadline.affected.map { .int($0) } ?? .null),
            .init("kindsOfData", known.kinds), .init("measures", known.actions),
            .init("personsToldOn", known.event("individuals_notified")),
        ]
    }
}
