internal import VaultCore

/// What a SMART client must know; only what is there is named.
///
/// Source: SMART App Launch 2.2, conformance; RFC 8414; RFC 9207.
struct SMARTConfiguration {
    let origin: String
    /// Whether people can sign in here.
    let hasPages: Bool

    var json: JSONValue {
        var json: JSONValue = [
            "token_endpoint": .string("\(origin)/auth/token"),
            "introspection_endpoint": .string("\(origin)/auth/introspect"),
            "revocation_endpoint": .string("\(origin)/auth/revoke"),
            "grant_types_supported": .strings(
                ["client_credentials", TokenEndpoint.identityGrant]
                    + (hasPages ? ["authorization_code", "refresh_token"] : [])
            ),
            "token_endpoint_auth_methods_supported": .strings(
                ["private_key_jwt"] + (hasPages ? ["none"] : [])
            ),
            "token_endpoint_auth_signing_alg_values_supported": ["ES384", "RS384"],
            "scopes_supported": .strings(
                ["system/*.cruds", "system/*.rs", "system/Patient.rs"]
                    + (hasPages ? Self.personScopes : [])
            ),
            "response_types_supported": .strings(hasPages ? ["code"] : []),
            "code_challenge_methods_supported": ["S256"],
            "dpop_signing_alg_values_supported": ["ES256", "ES384"],
            "capabilities": .strings(
                ["client-confidential-asymmetric", "permission-v1", "permission-v2"]
                    + (hasPages ? Self.personCapabilities : [])
            ),
        ]
        if hasPages {
            json.set("issuer", .string(origin))
            json.set("authorization_endpoint", .string("\(origin)/auth/authorize"))
            json.set("management_endpoint", .string("\(origin)\(AppsEndpoint.path)"))
            json.set("authorization_response_iss_parameter_supported", true)
        }
        return json
    }

    private static let personScopes = [
        "patient/*.rs", "user/*.rs", "launch", "launch/patient", "offline_access", "online_access",
    ]

    private static let personCapabilities = [
        "launch-ehr", "launch-standalone", "client-public", "context-ehr-patient",
        "context-standalone-patient", "permission-offline", "permission-online",
        "permission-patient", "permission-user",
    ]
}
