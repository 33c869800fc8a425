internal import FHIRModel
internal import Guard
internal import Vault
internal import VaultCore

/// A request that cannot be answered as asked: status, issue code of FHIR, and words without plaintext.
struct Problem: Error {
    var status: Int
    /// One of FHIR's `issue-type` codes.
    var code: String
    var words: String
    /// FHIRPath expressions of the elements concerned.
    var expressions: [String] = []
    var headers: [(name: String, value: String)] = []

    init(_ status: Int, _ code: String, _ words: String) {
        self.status = status
        self.code = code
        self.words = words
    }

    /// What hidden, denied and absent things have in common.
    static let notFound = Problem(404, "not-found", "there is no such resource")
    /// No token, or one that does not hold.
    static let unauthorized: Problem = {
        var problem = Problem(401, "login", "a valid access token is needed")
        problem.headers = [("WWW-Authenticate", "Bearer")]
        return problem
    }()
    static let forbidden = Problem(403, "forbidden", "this token does not allow that")
    static let methodNotKnown = Problem(405, "not-supported", "this method is not supported here")
    static let notAcceptable = Problem(406, "not-supported", "only FHIR JSON is served")
    static let mediaType = Problem(415, "not-supported", "this media type is not taken here")
    static let busy: Problem = {
        var problem = Problem(503, "transient", "the vault cannot answer now")
        problem.headers = [("Retry-After", "2")]
        return problem
    }()

    static let tooMany: Problem = {
        var problem = Problem(
            429,
            "throttled",
            "this client's principal asks more often than it may"
        )
        problem.headers = [("Retry-After", "60")]
        return problem
    }()

    static func invalid(_ words: String, code: String = "invalid") -> Problem {
        Problem(400, code, words)
    }

    /// The answer to an error of the rooms below; says nothing that an error's own text would not.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case is GuardIsElsewhere:
            self = Problem(501, "not-supported", "the Guard of this server does not offer this")
        case GuardError.notAuthenticated: self = .unauthorized
        case GuardError.notPermitted, GuardError.heldBack: self = .forbidden
        case GuardError.unknown, GuardError.erased: self = .notFound
        case GuardError.tooMany: self = .tooMany
        case VaultError.versionConflict:
            self = Problem(412, "conflict", "the resource has another version by now")
        case VaultError.noOwner, VaultError.unknownPatient, VaultError.consentWithoutPatient:
            self = Problem(422, "business-rule", "the resource's patient cannot be told")
        case VaultError.unusableConsent(let reasons):
            self = Problem(422, "business-rule", reasons.joined(separator: "; "))
        case let fault as FHIRModelError:
            self = Problem(400, "structure", fault.message)
        case let failure as any Failure:
            switch failure.kind {
            case .unavailable: self = .busy
            case .badInput, .usage, .missingInput, .cannotCreate:
                self = Problem(422, "business-rule", failure.message)
            case .notAllowed: self = .forbidden
            case .integrity, .internalError, .inputOutput:
                self = Problem(500, "exception", "the vault could not answer")
            }
        default: self = Problem(500, "exception", "the vault could not answer")
        }
    }

    /// The reply, with an OperationOutcome as its body.
    var reply: HTTPReply {
        HTTPReply(
            status: status,
            headers: [("Content-Type", MediaType.fhir), ("Cache-Control", "no-store")] + headers,
            body: Outcome.bytes([(severity: "error", self)])
        )
    }
}

/// OperationOutcomes.
enum Outcome {
    static func bytes(_ issues: [(severity: String, Problem)]) -> [UInt8] {
        let outcome: JSONValue = [
            "resourceType": "OperationOutcome",
            "issue": .array(
                issues.map { severity, problem in
                    var issue: JSONValue = [
                        "severity": .string(severity), "code": .string(problem.code),
                        "diagnostics": .string(problem.words),
                    ]
                    if !problem.expressions.isEmpty {
                        issue.set("expression", .strings(problem.expressions))
                    }
                    return issue
                }
            ),
        ]
        return outcome.bytes
    }

    /// An outcome that says that all is well.
    static func success(_ words: String) -> [UInt8] {
        bytes([("information", Problem(200, "informational", words))])
    }
}

/// Media types.
enum MediaType {
    static let fhir = "application/fhir+json"
    static let json = "application/json"
    static let ndjson = "application/fhir+ndjson"
    /// The names that NDJSON goes by.
    static let allNDJSON: Set<String> = [ndjson, "application/ndjson", "ndjson"]
    static let form = "application/x-www-form-urlencoded"
    static let jsonPatch = "application/json-patch+json"

    /// The type before its parameters, in lower case.
    static func bare(_ value: String) -> String {
        value.split(separator: ";").first.map {
            $0.filter { !$0.isWhitespace }.lowercased()
        } ?? ""
    }
}
