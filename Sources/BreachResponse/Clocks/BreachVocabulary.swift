/// What the vault's operator is in law; several may hold at once.
public enum BreachRole: String, Sendable, Hashable, CaseIterable {
    /// HIPAA covered entity.
    case coveredEntity = "covered-entity"
    /// HIPAA business associate.
    case businessAssociate = "business-associate"
    /// 42 CFR Part 2 program.
    case part2Program = "part2-program"
    /// Vendor of personal health records under the FTC rule.
    case phrVendor = "phr-vendor"
    /// Controller, or whoever decides why and how data are used.
    case controller
    /// Processor for a controller.
    case processor
    /// Korean personal information handler.
    case koreanHandler = "kr-handler"
    /// Indian data fiduciary.
    case indianFiduciary = "in-fiduciary"
    /// Ontario health information custodian.
    case custodian = "health-information-custodian"

    /// Whether it holds the data for somebody else.
    public var isProcessor: Bool { self == .businessAssociate || self == .processor }

    /// Reads a role; underscores count as hyphens, and `ce` and `ba` are known.
    ///
    /// Gives `nil` where no role has that name.
    ///
    /// - Parameter name: As written in the facts.
    public init?(name: String) {
        switch name.lowercased().replacing("_", with: "-") {
        case "ce": self = .coveredEntity
        case "ba": self = .businessAssociate
        case let text:
            guard let role = BreachRole(rawValue: text) else { return nil }
            self = role
        }
    }
}

/// What a clock can hang on; each is kept apart because the laws start on different ones.
public enum BreachEvent: String, Sendable, Hashable, CaseIterable {
    /// The breach happened, or began.
    case occurred
    /// Somebody had grounds to suspect.
    case suspected
    /// Reasonable diligence would have known.
    case shouldHaveKnown = "should_have_known"
    /// First known to anybody of the workforce.
    case discovered
    /// First known to a business associate that is our agent; counts as ours.
    case agentDiscovered = "agent_discovered"
    /// Reasonably certain (GDPR).
    case aware
    /// Reason to believe that a breach took place (Florida).
    case reasonToBelieve = "reason_to_believe"
    /// Determined after inquiry.
    case determined
    /// Detected, noticed.
    case detected
    /// Who is affected is known.
    case scopeIdentified = "scope_identified"
    /// Assessed as notifiable.
    case assessedNotifiable = "assessed_notifiable"
    /// The (data protection) authority was told.
    case regulatorNotified = "regulator_notified"
    /// HHS was told.
    case hhsNotified = "hhs_notified"
    /// The affected persons were told.
    case individualsNotified = "individuals_notified"
    /// A request arrived; no breach clock hangs on it.
    case requestReceived = "request_received"
    /// Ours to compute; accepted and not used.
    case yearEnd = "year_end"

    /// The events that say "somebody of ours knew", in no order.
    static let knowledge: [BreachEvent] = [.discovered, .detected, .aware, .determined]

    /// Reads an event in snake or camel case; `noticed` and `informed` are known.
    ///
    /// Gives `nil` where no event has that name.
    ///
    /// - Parameter name: As written in the facts.
    public init?(name: String) {
        var text = ""
        for character in name {
            if character.isUppercase {
                text += "_" + character.lowercased()
            } else {
                text.append(character == "-" ? "_" : character)
            }
        }
        switch text {
        case "noticed": self = .detected
        case "informed": self = .aware
        default:
            guard let event = BreachEvent(rawValue: text) else { return nil }
            self = event
        }
    }
}

/// Who is to be told.
public enum NoticeRecipient: String, Sendable, Hashable, CaseIterable {
    /// Each affected person.
    case individual
    /// Prominent media.
    case media
    /// A public authority.
    case authority
    /// A covered entity, controller or the entity's own file.
    case other
}

/// A yes-or-no fact that some rule asks for; what is not said is decided by the rule, never guessed.
public enum BreachFlag: String, Sendable, Hashable, CaseIterable {
    /// Licensed under California Health and Safety Code 1204 or 1250 and the like.
    case caLicensedFacility
    /// Insurer licensed in Washington.
    case waInsurer
    /// Regulated by New York's Department of Financial Services.
    case nyFinancial
    /// Essential or important entity with a significant incident under NIS2.
    case nis2Significant
    /// Takes part in Australia's My Health Record.
    case auMyHealthRecord
    /// Bound by Singapore's Health Information Act.
    case sgHealthInformation
    /// A listed cyber incident under India's CERT-In directions.
    case certInListed
    /// Sensitive data; health data are, unless said otherwise.
    case sensitive
    /// Significant or serious harm is likely.
    case significantHarm
    /// Access from outside without right.
    case externalAccess
    /// An electronic intrusion into the record system.
    case electronicIntrusion
    /// One of Ontario's seven prescribed cases.
    case prescribedCase
    /// The data are still available from an intact copy.
    case backupIntact
}
