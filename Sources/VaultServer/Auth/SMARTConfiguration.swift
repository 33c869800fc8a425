internal import VaultCore

/// What a SMART client must know; only what is there is named.
///
/// Source: SMART App Launch 2.2, conformance.
struct SMARTConfiguration {
    let origin: String

    var json: JSONValue {
        [
            "token_endpoint": .string("\(origin)/auth/token"),
            "introspection_endpoint": .string("\(origin)/auth/introspect"),
            "revocation_endpoint": .string("\(origin)/auth/revoke"),
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES384", "RS384"],
            "scopes_supported": ["system/*.cruds", "system/*.rs", "system/Patient.rs"],
            "response_types_supported": [],
            "code_challenge_methods_supported": ["S256"],
            "capabilities": [
                "client-confidential-asymmetric", "permission-v1", "permission-v2",
            ],
        ]
    }
}
