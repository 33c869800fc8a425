/// A JSON web token in its compact form, taken apart but not yet believed.
///
/// Source: RFC 7515 section 7.1, RFC 7519.
public struct CompactToken: Sendable {
    /// The protected header.
    public let header: JSONValue
    /// The claims.
    public let claims: JSONValue
    /// What the signature covers: the first two parts as sent, with the dot between them.
    public let signed: [UInt8]
    /// The signature.
    public let signature: [UInt8]

    /// Most bytes of a token.
    public static let maximumByteCount = 16 << 10

    /// Takes a token apart.
    ///
    /// Gives `nil` where it is not three parts of strict base64url, header and claims are not JSON
    /// objects, or the header has a `crit` that nobody here understands.
    ///
    /// - Parameter text: As received.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.maximumByteCount else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3,
            let header = Base64URL.decode(parts[0]).flatMap({ JSONValue(parsing: $0) }),
            let claims = Base64URL.decode(parts[1]).flatMap({ JSONValue(parsing: $0) }),
            let signature = Base64URL.decode(parts[2]), !signature.isEmpty,
            header.object != nil, claims.object != nil, header["crit"] == nil
        else { return nil }
        self.header = header
        self.claims = claims
        self.signature = signature
        signed = Array("\(parts[0]).\(parts[1])".utf8)
    }

    /// What is to be signed for a header and claims: both encoded, with the dot between them.
    ///
    /// - Parameters:
    ///   - header: The protected header.
    ///   - claims: The claims.
    /// - Returns: ASCII.
    public static func signingInput(header: JSONValue, claims: JSONValue) -> String {
        "\(Base64URL.encode(header.bytes)).\(Base64URL.encode(claims.bytes))"
    }
}
