public import FHIRModel

/// What makes a HIPAA authorization one: six core elements and three statements.
///
/// Source: 45 CFR 164.508(c)(1) and (2); one that lacks any of them is defective and permits nothing
/// (164.508(b)(2)).
public enum Authorization {
    /// Whether a Consent says of itself that it is an authorization.
    ///
    /// - Parameter consent: A Consent resource.
    /// - Returns: True where `policyRule` or `category` names `hipaa-auth`.
    public static func isOne(_ consent: JSONNode) -> Bool {
        (consent.codings("policyRule") + consent.codings("category"))
            .contains { $0.code == "hipaa-auth" }
    }

    /// What an authorization lacks.
    ///
    /// - Parameter consent: A Consent resource.
    /// - Returns: In the order of the law; empty for a complete one and for what is no authorization.
    public static func missing(in consent: JSONNode) -> [String] {
        guard isOne(consent) else { return [] }
        var missing: [String] = []
        func need(_ isThere: Bool, _ what: String) {
            if !isThere { missing.append("the authorization lacks \(what)") }
        }
        let rules = provisions(of: consent)
        func names(_ keys: String...) -> Bool {
            rules.contains { rule in keys.contains { !rule.list($0).isEmpty } }
        }
        let actors = rules.flatMap { $0.list("actor") }
        let roles = actors.flatMap { $0.codings("role").map(\.code) }
        need(
            names("class", "code", "securityLabel", "data", "dataPeriod"),
            "a description of the information (164.508(c)(1)(i))"
        )
        need(
            !consent.list("organization").isEmpty
                || roles.contains { ["CST", "SRC"].contains($0) },
            "who may disclose (164.508(c)(1)(ii))"
        )
        need(
            actors.contains { actor in
                let codes = actor.codings("role").map(\.code)
                return !codes.contains { ["CST", "SRC", "AUT"].contains($0) }
                    && ReadReference(actor.member(named: "reference"))?.keys.isEmpty == false
            },
            "who may receive (164.508(c)(1)(iii))"
        )
        need(names("purpose"), "the purpose (164.508(c)(1)(iv))")
        need(
            rules.contains { $0.member(named: "period")?.text("end") != nil },
            "an expiration date (164.508(c)(1)(v))"
        )
        need(isSigned(consent), "signature and date (164.508(c)(1)(vi))")
        // The statements stand in the signed form; a Consent has no element for them.
        for statement in statements where !hasForm(consent) {
            missing.append("the authorization lacks the statement on \(statement)")
        }
        return missing
    }

    private static let statements = [
        "the right to revoke (164.508(c)(2)(i))", "conditions (164.508(c)(2)(ii))",
        "redisclosure (164.508(c)(2)(iii))",
    ]

    /// The root provision and all below it.
    private static func provisions(of consent: JSONNode) -> [JSONNode] {
        var found: [JSONNode] = []
        var open = consent.list("provision")
        while let next = open.popLast(), found.count <= 1_000 {
            found.append(next)
            open += next.list("provision")
        }
        return found
    }

    private static func isSigned(_ consent: JSONNode) -> Bool {
        guard consent.text("dateTime") != nil else { return false }
        let isVerified = consent.list("verification").contains { $0["verified"]?.boolean == true }
        return isVerified || hasForm(consent)
    }

    private static func hasForm(_ consent: JSONNode) -> Bool {
        consent["sourceAttachment"] != nil || consent["sourceReference"] != nil
            || consent.list("extension").contains { $0["valueSignature"] != nil }
    }
}
