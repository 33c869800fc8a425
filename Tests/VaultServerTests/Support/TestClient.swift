import Crypto
import Foundation
import Testing
import VaultCore

/// A SMART backend client: its key, and the assertions it signs.
struct TestClient {
    let id: String
    private let key = P384.Signing.PrivateKey()
    let keyID: String

    init(_ id: String) {
        self.id = id
        keyID = "\(id)-key"
    }

    var jwk: JSONValue {
        let point = Array(key.publicKey.rawRepresentation)
        return [
            "kty": "EC", "crv": "P-384", "alg": "ES384", "use": "sig", "kid": .string(keyID),
            "x": .string(Base64URL.encode(point[..<48])),
            "y": .string(Base64URL.encode(point[48...])),
        ]
    }

    /// The claims of a good assertion.
    func claims(audience: String, now: Instant, purpose: [String]? = nil) -> JSONValue {
        var claims: [JSONValue.Member] = [
            .init("iss", .string(id)), .init("sub", .string(id)), .init("aud", .string(audience)),
            .init("exp", .int(now.microseconds / 1_000_000 + 240)),
            .init("jti", .string(UUID().uuidString)),
        ]
        if let purpose {
            claims.append(
                .init("extensions", ["hl7-b2b": ["purpose_of_use": .strings(purpose)]])
            )
        }
        return .object(claims)
    }

    func assertion(_ claims: JSONValue, header: JSONValue? = nil) throws -> String {
        let input = CompactToken.signingInput(
            header: header ?? ["alg": "ES384", "typ": "JWT", "kid": .string(keyID)],
            claims: claims
        )
        let signature = try key.signature(for: SHA384.hash(data: Array(input.utf8)))
        return "\(input).\(Base64URL.encode(Array(signature.rawRepresentation)))"
    }
}

extension JSONValue {
    /// The same object with a member changed, added, or taken away.
    func setting(_ key: String, _ value: JSONValue?) -> JSONValue {
        guard case .object(var members) = self else { return self }
        members.removeAll { $0.key == key }
        if let value { members.append(.init(key, value)) }
        return .object(members)
    }
}
