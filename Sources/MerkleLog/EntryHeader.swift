public import VaultCore

/// Section 0 of every entry: who, how, why, and what was decided.
///
/// `nil` means unknown and is written as `"unknown"`; where a field cannot apply, say so with
/// `"none"` or an empty list. Never put a patient's name, id or words here: see ``HeaderField``.
public struct EntryHeader: Sendable, Hashable {
    /// Whether a person or a program acted.
    public enum Automation: String, Sendable, Hashable, CaseIterable {
        /// A person caused this very request.
        case human
        /// A program on its own.
        case machine
        /// Not known.
        case unknown
    }

    /// What was decided.
    public enum Outcome: String, Sendable, Hashable, CaseIterable {
        /// Allowed.
        case permit
        /// Refused.
        case deny
        /// Nothing was to be decided.
        case none
    }

    /// A consent by id and version.
    public struct ConsentVersion: Sendable, Hashable {
        /// The Consent's id.
        public let id: String
        /// Its version.
        public let version: String

        /// Names a consent's version.
        ///
        /// - Parameters:
        ///   - id: The Consent's id.
        ///   - version: Its version.
        public init(id: String, version: String) {
            self.id = id
            self.version = version
        }
    }

    /// What the entry is about; must equal the frame's.
    public var kind: EntryKind
    /// When; must equal the frame's.
    public var time: Instant
    /// Principal id of who acts.
    public var actor: String?
    /// Kind of principal.
    public var actorKind: String?
    /// Role in which the actor acts.
    public var role: String?
    /// Organization the actor acts within.
    public var organization: String?
    /// Principal for whom the actor acts; `"none"` where for nobody else.
    public var onBehalfOf: String?
    /// How the actor proved who they are.
    public var authMethod: String?
    /// Key or credential id.
    public var credential: String?
    /// Session id.
    public var session: String?
    /// Client id.
    public var client: String?
    /// Network address the request came from.
    public var sourceAddress: String?
    /// Device the request came from.
    public var device: String?
    /// Record server that asked.
    public var recordServer: String?
    /// Guard that wrote the entry.
    public var `guard`: String?
    /// Whether a person or a program acted.
    public var automated: Automation = .unknown
    /// Purpose of use codes.
    public var purpose: [String]?
    /// What was done or asked to be done.
    public var action: String?
    /// What was asked for, free form.
    public var scopeAsked: JSONValue?
    /// Data categories concerned.
    public var categories: [String]?
    /// Where the data come from.
    public var origin: [String]?
    /// What was decided.
    public var decision: Outcome?
    /// Rules that determined the decision.
    public var rules: [String]?
    /// Law that the rules rest on.
    public var legalBasis: [String]?
    /// Consents that determined it; empty where none did.
    public var consent: [ConsentVersion]?
    /// Digest of the policy set in force.
    public var policyDigest: String?
    /// Reason as given.
    public var reason: String?
    /// Coded break-glass reason.
    public var breakGlassReason: String?
    /// How identity or authority was verified.
    public var verification: String?
    /// Whether it counts in an accounting of disclosures.
    public var accountable: Bool?
    /// Obligations sent along with the answer.
    public var obligations: [String]?
    /// Grant id.
    public var grant: String?
    /// Members after the fixed ones, under names of the Guard's choice.
    public var more: [JSONValue.Member] = []

    /// A header in which all else is still unknown.
    ///
    /// - Parameters:
    ///   - kind: What the entry is about.
    ///   - time: When.
    public init(kind: EntryKind, time: Instant) {
        self.kind = kind
        self.time = time
    }
}
