/// Names of the header's members, in the order in which they are written.
///
/// Every one stands in every header from the first entry on; what is not known is written as the
/// text `unknown`, never left out. The grant stands here, the manifest in the patient parts.
/// The header is opened to every patient of the entry: it must not name or describe any of them.
public enum HeaderField: String, Sendable, Hashable, CaseIterable {
    /// ``EntryKind/name``; equal to the frame's.
    case kind
    /// RFC 3339 in UTC; equal to the frame's.
    case time
    /// Principal id of who acts.
    case actor
    /// Kind of principal: clinician, family, insurer, …
    case actorKind
    /// Role in which the actor acts.
    case role
    /// Organization the actor acts within.
    case organization
    /// Principal for whom the actor acts.
    case onBehalfOf
    /// How the actor proved who they are: signature, token, passphrase, …
    case authMethod
    /// Key or credential id that was used, never the credential.
    case credential
    /// Session id.
    case session
    /// Client or application id.
    case client
    /// Network address the request came from.
    case sourceAddress
    /// Device the request came from.
    case device
    /// Record server that asked.
    case recordServer
    /// Guard that wrote the entry.
    case `guard`
    /// `human`, `machine` or `unknown`.
    case automated
    /// Purpose of use codes.
    case purpose
    /// Read, write, find, state a fact, …
    case action
    /// What was asked for.
    case scopeAsked
    /// Data categories concerned.
    case categories
    /// Where the data come from.
    case origin
    /// `permit`, `deny` or `none`.
    case decision
    /// Ids of the rules that determined the decision.
    case rules
    /// Law that the rules rest on.
    case legalBasis
    /// Consents that determined it: id and version.
    case consent
    /// Digest of the policy set in force.
    case policyDigest
    /// Reason as the requester gave it.
    case reason
    /// Coded break-glass reason.
    case breakGlassReason
    /// How identity or authority was verified.
    case verification
    /// Whether it counts in an accounting of disclosures (45 CFR 164.528).
    case accountable
    /// Obligations sent along with the answer.
    case obligations
    /// Grant id.
    case grant
}

extension HeaderField {
    static let names = Set(allCases.map(\.rawValue))

    /// What stands before each field's value in a header's text, such as `{"kind":`.
    static let openings = allCases.map { field in
        Array("\(field == .kind ? "{" : ",")\"\(field.rawValue)\":".utf8)
    }
}
