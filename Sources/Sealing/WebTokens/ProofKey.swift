internal import Crypto
public import VaultCore

/// A public key that a client shows in a proof that it holds the private one: a JWK on P-256 or P-384.
///
/// Source: RFC 9449 section 4.2; RFC 7517; RFC 7518 section 6.2.
public struct ProofKey: Sendable, Hashable {
    private enum Curve: String {
        case p256 = "P-256"
        case p384 = "P-384"

        var byteCount: Int { self == .p256 ? 32 : 48 }
        var algorithm: String { self == .p256 ? "ES256" : "ES384" }
    }

    /// Algorithms whose proofs are read.
    public static let algorithms = ["ES256", "ES384"]

    private let curve: Curve
    /// x then y.
    private let point: [UInt8]

    /// Reads a JWK; `nil` for private keys and other kinds.
    ///
    /// - Parameter json: The member `jwk` of a proof's header.
    public init?(json: JSONValue) {
        guard json["kty"]?.string == "EC", json["d"] == nil,
            let curve = json["crv"]?.string.flatMap(Curve.init(rawValue:)),
            let x = json["x"]?.string.flatMap({ Base64URL.decode($0) }),
            let y = json["y"]?.string.flatMap({ Base64URL.decode($0) }),
            x.count == curve.byteCount, y.count == curve.byteCount
        else { return nil }
        let isOnCurve =
            switch curve {
            case .p256: (try? P256.Signing.PublicKey(rawRepresentation: x + y)) != nil
            case .p384: (try? P384.Signing.PublicKey(rawRepresentation: x + y)) != nil
            }
        guard isOnCurve else { return nil }
        self.curve = curve
        point = x + y
    }

    /// The one algorithm that the key is for.
    public var algorithm: String { curve.algorithm }

    /// What names the key in a token: base64url of a SHA-256.
    ///
    /// Source: RFC 7638.
    public var thumbprint: String {
        let count = curve.byteCount
        let json: JSONValue = [
            "crv": .string(curve.rawValue), "kty": "EC",
            "x": .string(Base64URL.encode(point[..<count])),
            "y": .string(Base64URL.encode(point[count...])),
        ]
        return Base64URL.encode(PlainDigest.sha256(json.bytes))
    }

    /// Checks a signature.
    ///
    /// - Parameters:
    ///   - signature: r then s.
    ///   - message: What was signed.
    /// - Returns: `false` for anything that does not hold, malformed input included.
    public func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        switch curve {
        case .p256:
            guard signature.count == 64,
                let key = try? P256.Signing.PublicKey(rawRepresentation: point),
                let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(parsed, for: SHA256.hash(data: message))
        case .p384:
            guard signature.count == 96,
                let key = try? P384.Signing.PublicKey(rawRepresentation: point),
                let parsed = try? P384.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(parsed, for: SHA384.hash(data: message))
        }
    }
}
