internal import Crypto
internal import CryptoExtras
public import VaultCore

/// A public key that somebody else signs web tokens with.
///
/// Source: RFC 7517, RFC 7518 section 6; SMART App Launch 2.2, client authentication: ES384 and RS384. Identity
/// providers mostly sign with ES256 and RS256 (OpenID Connect Core section 2), so these are read for them
/// alone. A key knows its one algorithm: a token cannot choose a weaker one.
public struct WebKey: Sendable, Hashable {
    /// Whose keys are read, which decides the algorithms.
    public enum Holder: Sendable, Hashable {
        /// A SMART client: ES384 and RS384.
        case client
        /// An OpenID provider: those, ES256 and RS256; an RSA key that names no algorithm is for RS256.
        case provider
    }

    /// The algorithms.
    public enum Algorithm: String, Sendable, Hashable, CaseIterable {
        /// ECDSA on P-384 with SHA-384.
        case es384 = "ES384"
        /// RSASSA-PKCS1-v1_5 with SHA-384.
        case rs384 = "RS384"
        /// ECDSA on P-256 with SHA-256.
        case es256 = "ES256"
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        case rs256 = "RS256"
    }

    /// `kid`; names the key inside its set.
    public let id: String
    /// What it may be used for, and nothing else.
    public let algorithm: Algorithm
    /// For a curve x then y, 96 or 64 bytes; for RSA the modulus, 256 to 512 bytes, without leading zeros.
    private let material: [UInt8]
    /// RSA: the public exponent.
    private let exponent: [UInt8]

    /// Reads a JWK.
    ///
    /// Gives `nil` for private keys, other curves, moduli under 2048 bits, a key that is not for
    /// signatures, or one without `kid`.
    ///
    /// - Parameters:
    ///   - json: One member of a JWKS's `keys`.
    ///   - holder: Whose it is.
    public init?(json: JSONValue, of holder: Holder = .client) {
        guard let id = json["kid"]?.string, !id.isEmpty, id.utf8.count <= 128, json["d"] == nil,
            json["use"]?.string ?? "sig" == "sig"
        else { return nil }
        let named = json["alg"]?.string
        switch json["kty"]?.string {
        case "EC" where json["crv"]?.string == "P-256" && holder == .provider:
            guard named ?? "ES256" == "ES256",
                let x = json["x"]?.string.flatMap({ Base64URL.decode($0) }), x.count == 32,
                let y = json["y"]?.string.flatMap({ Base64URL.decode($0) }), y.count == 32,
                (try? P256.Signing.PublicKey(rawRepresentation: x + y)) != nil
            else { return nil }
            (algorithm, material, exponent) = (.es256, x + y, [])
        case "EC":
            guard json["crv"]?.string == "P-384", named ?? "ES384" == "ES384",
                let x = json["x"]?.string.flatMap({ Base64URL.decode($0) }), x.count == 48,
                let y = json["y"]?.string.flatMap({ Base64URL.decode($0) }), y.count == 48,
                (try? P384.Signing.PublicKey(rawRepresentation: x + y)) != nil
            else { return nil }
            (algorithm, material, exponent) = (.es384, x + y, [])
        case "RSA":
            let usual = holder == .provider ? "RS256" : "RS384"
            guard let algorithm = Algorithm(rawValue: named ?? usual),
                algorithm == .rs384 || algorithm == .rs256 && holder == .provider,
                let n = json["n"]?.string.flatMap({ Base64URL.decode($0) }),
                (256...512).contains(n.count), n[0] != 0,
                let e = json["e"]?.string.flatMap({ Base64URL.decode($0) }),
                (1...8).contains(e.count),
                (try? _RSA.Signing.PublicKey(n: n, e: e)) != nil
            else { return nil }
            (self.algorithm, material, exponent) = (algorithm, n, e)
        default: return nil
        }
        self.id = id
    }

    /// The keys of a JWKS document; those this build cannot use are left out.
    ///
    /// - Parameters:
    ///   - json: `{"keys": […]}`.
    ///   - holder: Whose they are.
    /// - Returns: At most 32 keys, each `kid` once; `nil` where the document is no JWKS, or a `kid` comes
    ///   twice for one algorithm.
    public static func set(_ json: JSONValue, of holder: Holder = .client) -> [WebKey]? {
        guard let keys = json["keys"]?.array, keys.count <= 32 else { return nil }
        let known = keys.compactMap { WebKey(json: $0, of: holder) }
        let names = Set(known.map { "\($0.algorithm.rawValue) \($0.id)" })
        return names.count == known.count ? known : nil
    }

    /// The key as a JWK.
    public var json: JSONValue {
        switch algorithm {
        case .es384, .es256:
            [
                "kty": "EC", "crv": algorithm == .es384 ? "P-384" : "P-256",
                "alg": .string(algorithm.rawValue), "use": "sig", "kid": .string(id),
                "x": .string(Base64URL.encode(material[..<(material.count / 2)])),
                "y": .string(Base64URL.encode(material[(material.count / 2)...])),
            ]
        case .rs384, .rs256:
            [
                "kty": "RSA", "alg": .string(algorithm.rawValue), "use": "sig", "kid": .string(id),
                "n": .string(Base64URL.encode(material)),
                "e": .string(Base64URL.encode(exponent)),
            ]
        }
    }

    /// Checks a signature.
    ///
    /// - Parameters:
    ///   - signature: ECDSA: r then s, 96 or 64 bytes. RSA: as long as the modulus.
    ///   - message: What was signed.
    /// - Returns: `false` for anything that does not hold, malformed input included.
    public func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        switch algorithm {
        case .es384:
            guard signature.count == 96,
                let key = try? P384.Signing.PublicKey(rawRepresentation: material),
                let parsed = try? P384.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(parsed, for: SHA384.hash(data: message))
        case .es256:
            guard signature.count == 64,
                let key = try? P256.Signing.PublicKey(rawRepresentation: material),
                let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(parsed, for: SHA256.hash(data: message))
        case .rs384: return isValidRSA(signature, for: SHA384.hash(data: message))
        case .rs256: return isValidRSA(signature, for: SHA256.hash(data: message))
        }
    }

    private func isValidRSA(_ signature: [UInt8], for digest: some Digest) -> Bool {
        guard signature.count == material.count,
            let key = try? _RSA.Signing.PublicKey(n: material, e: exponent)
        else { return false }
        return key.isValidSignature(
            _RSA.Signing.RSASignature(rawRepresentation: signature),
            for: digest,
            padding: .insecurePKCS1v1_5
        )
    }
}
