/// How a token is shown: by itself, or with a proof of its key.
///
/// Source: RFC 6750 section 2.1; RFC 9449 section 7.1.
enum TokenScheme: String {
    case bearer
    case dpop

    /// The answer to a token that does not hold, or is shown in the wrong way.
    var refusal: Problem {
        var problem = Problem.unauthorized
        if self == .dpop {
            problem.headers = [
                ("WWW-Authenticate", "DPoP error=\"invalid_token\", algs=\"ES256 ES384\"")
            ]
        }
        return problem
    }
}
