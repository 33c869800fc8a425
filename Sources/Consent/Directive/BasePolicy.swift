internal import FHIRModel
internal import VaultCore

/// What a consent says before its provisions: `policyRule`, or one of IHE PCF's policies in `policy.uri`.
///
/// Source: FHIR R4 Consent.policyRule; v3 ActConsentDirective; IHE PCF 1.1.0, implicit policies.
enum BasePolicy: Equatable {
    /// Opt-in, `OPTIN` and `OPTINR`, or PCF all-normal.
    case optIn
    /// Opt-out, `OPTOUT`, `OPTOUTE`, `NOCONSENT` and `EMRGONLY`, or PCF break-glass-only.
    case optOut
    /// PCF basic-normal: normal data for treatment, payment and operations.
    case normal
    /// PCF deny.
    case deny
    /// No base that we know; the provisions must say it all.
    case unknown

    init(_ consent: JSONNode) {
        let codes = consent.codings("policyRule").filter { $0.system == CodeSystem.actCode }
            .map(\.code)
        if codes.contains(where: ["OPTOUT", "OPTOUTE", "NOCONSENT", "EMRGONLY"].contains) {
            self = .optOut
            return
        }
        let policies = consent.list("policy").compactMap { $0.text("uri") }
        let pcf = policies.compactMap { uri in
            uri.hasPrefix(Self.pcf) ? String(uri.dropFirst(Self.pcf.count)) : nil
        }
        if pcf.contains("deny") {
            self = .deny
        } else if pcf.contains("break-glass-only") {
            self = .optOut
        } else if pcf.contains("basic-normal") {
            self = .normal
        } else if codes.contains("OPTIN") || codes.contains("OPTINR") || pcf.contains("all-normal")
        {
            self = .optIn
        } else {
            self = .unknown
        }
    }

    private static let pcf = "https://profiles.ihe.net/ITI/PCF/Policy-"

    /// The criteria of the base itself.
    func everyone(bounds: TimeBounds?) -> Criteria {
        var criteria = Criteria()
        criteria.bounds = bounds
        if self == .normal {
            criteria.purposes = ["TREAT", "HPAYMT", "HOPERAT"].map {
                CodedValue(system: CodeSystem.actReason, code: $0)
            }
            criteria.labels = [CodedValue(system: CodeSystem.confidentiality, code: "N")]
        }
        return criteria
    }
}
