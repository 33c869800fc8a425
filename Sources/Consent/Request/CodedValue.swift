/// A code with its code system: what a FHIR Coding means, without its display text.
public struct CodedValue: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Canonical URI of the code system, without a trailing slash; empty where the source gives none.
    public let system: String
    /// The code as written.
    public let code: String

    /// Joins a system and a code, both brought to the form in which they are compared.
    ///
    /// - Parameters:
    ///   - system: Code system URI; older and value-set spellings of HL7's systems are read as the system.
    ///   - code: The code.
    public init(system: String, code: String) {
        self.system = CodeSystem.canonical(system)
        self.code = code
    }

    /// Joins a system that is in its one spelling already and a code.
    init(canonicalSystem: String, code: String) {
        system = canonicalSystem
        self.code = code
    }

    /// `system|code`.
    public var description: String { "\(system)|\(code)" }

    /// Orders by system, then code.
    ///
    /// - Parameters:
    ///   - left: One value.
    ///   - right: Another.
    /// - Returns: Whether `left` sorts first.
    public static func < (left: CodedValue, right: CodedValue) -> Bool {
        (left.system, left.code) < (right.system, right.code)
    }
}

/// The code systems that consents and labels are written in, and other spellings of them.
public enum CodeSystem {
    /// v3 Confidentiality: U, L, M, N, R, V.
    public static let confidentiality =
        "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    /// v3 ActCode: sensitivity labels, privacy laws, consent directives.
    public static let actCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    /// v3 ActReason: purposes of use.
    public static let actReason = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
    /// v3 ParticipationType: the role of an actor.
    public static let participationType =
        "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
    /// v3 ObservationValue: integrity marks such as SUBSETTED.
    public static let observationValue =
        "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"
    /// v3 RoleCode: relationships of related persons.
    public static let roleCode = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
    /// v2 table 0131: contact roles, also used for related persons.
    public static let v2ContactRole = "http://terminology.hl7.org/CodeSystem/v2-0131"
    /// What a consent is about.
    public static let consentScope = "http://terminology.hl7.org/CodeSystem/consentscope"
    /// What a consent lets be done.
    public static let consentAction = "http://terminology.hl7.org/CodeSystem/consentaction"
    /// FHIR resource types.
    public static let resourceTypes = "http://hl7.org/fhir/resource-types"
    /// URIs, here of profiles.
    public static let uri = "urn:ietf:rfc:3986"
    /// Media types.
    public static let mediaType = "urn:ietf:bcp:13"
    /// Our data categories, for consents that name bills or messages.
    public static let dataCategory = "urn:patientvault:data-category"
    /// Our sensitivity labels, where v3 has no code (SUD counselling notes).
    public static let sensitivityLabel = "urn:patientvault:sensitivity-label"

    /// The one spelling of a system that values are compared in.
    ///
    /// - Parameter system: As written in a resource.
    /// - Returns: Without trailing slash; STU3, OID and value-set spellings of HL7's v3 systems replaced.
    public static func canonical(_ system: String) -> String {
        if let known = aliases[system] { return known }
        guard system.hasSuffix("/"), system.utf8.count > 1 else { return system }
        let bare = String(system.dropLast())
        return aliases[bare] ?? bare
    }

    private static let aliases: [String: String] = [
        "http://hl7.org/fhir/v3/Confidentiality": confidentiality,
        "urn:oid:2.16.840.1.113883.5.25": confidentiality,
        "http://terminology.hl7.org/ValueSet/v3-ConfidentialityClassification": confidentiality,
        "http://hl7.org/fhir/v3/ActCode": actCode,
        "urn:oid:2.16.840.1.113883.5.4": actCode,
        "http://terminology.hl7.org/ValueSet/v3-InformationSensitivityPolicy": actCode,
        "http://terminology.hl7.org/ValueSet/v3-ActInformationSensitivityPolicy": actCode,
        "http://hl7.org/fhir/v3/ActReason": actReason,
        "urn:oid:2.16.840.1.113883.5.8": actReason,
        "http://terminology.hl7.org/ValueSet/v3-PurposeOfUse": actReason,
        "http://hl7.org/fhir/v3/ParticipationType": participationType,
        "http://hl7.org/fhir/v3/ObservationValue": observationValue,
        "http://hl7.org/fhir/v3/RoleCode": roleCode,
        "urn:oid:2.16.840.1.113883.5.111": roleCode,
        "http://hl7.org/fhir/v2/0131": v2ContactRole,
        "http://hl7.org/fhir/consentscope": consentScope,
        "http://hl7.org/fhir/consentaction": consentAction,
        "http://hl7.org/fhir/ValueSet/resource-types": resourceTypes,
    ]
}
