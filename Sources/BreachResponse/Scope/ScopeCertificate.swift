internal import MerkleLog
public import VaultCore

/// The three sets as a document that anybody with a public key can check without the vault.
///
/// Each signature covers the kind, the signer's name and role, and the certificate's one text.
/// It proves what the log says between two checkpoints; that nothing was written beside the log it
/// does not prove, and says which systems it does not cover.
public struct ScopeCertificate: Sendable, Hashable {
    /// One person's signature.
    public struct Signature: Sendable, Hashable {
        /// Who.
        public var principal: PrincipalID
        /// Role in which they sign.
        public var role: String
        /// Public key, as the vault writes keys.
        public var key: String
        /// The signature.
        public var bytes: [UInt8]

        /// Takes a signature.
        ///
        /// - Parameters:
        ///   - principal: Who.
        ///   - role: Role in which they sign.
        ///   - key: Public key, as the vault writes keys.
        ///   - bytes: The signature.
        public init(principal: PrincipalID, role: String, key: String, bytes: [UInt8]) {
            self.principal = principal
            self.role = role
            self.key = key
            self.bytes = bytes
        }
    }

    /// The certificate without its signatures.
    public let document: JSONValue
    /// The signatures.
    public private(set) var signatures: [Signature]

    /// First line of the signed bytes.
    public static let domain = "patientvault.scope/1"

    /// Writes a result down.
    ///
    /// - Parameters:
    ///   - result: The three sets.
    ///   - incident: The incident's id.
    ///   - version: 1 for the first, one more for each reopening.
    ///   - previous: ``resultDigest`` of the version before, if any.
    ///   - made: When.
    public init(
        _ result: ScopeResult,
        incident: String,
        version: Int64,
        previous: String?,
        made: Instant
    ) {
        let head: [JSONValue.Member] = [
            .init("type", .string(Self.domain)), .init("incident", .string(incident)),
            .init("version", .int(version)),
            .init("previous", previous.map { .string($0) } ?? .null),
            .init("made", .string(made.description)),
            .init("resultDigest", .string(result.digest)),
        ]
        document = .object(head + result.answer)
        signatures = []
    }

    /// What a person signs: four lines, the last being the document's one text without newline.
    ///
    /// The lines are ``domain``, the person, their role, the document; so no name beside a signature
    /// can be changed either.
    ///
    /// - Parameters:
    ///   - principal: Who signs.
    ///   - role: Role in which they sign.
    /// - Returns: The bytes to sign.
    public func message(principal: PrincipalID, role: String) -> [UInt8] {
        Array("\(Self.domain)\n\(principal.text)\n\(role)\n".utf8) + document.bytes
    }

    /// The digest that a second run of the query must give again.
    public var resultDigest: String { document["resultDigest"]?.string ?? "" }

    /// Adds a signature over ``message(principal:role:)``.
    ///
    /// - Parameter signature: Made by the Guard for a named person.
    public mutating func add(_ signature: Signature) { signatures.append(signature) }

    /// The file: certificate and signatures in one text.
    public var encoded: [UInt8] {
        let lines = signatures.map { signature -> JSONValue in
            [
                "principal": .string(signature.principal.text), "role": .string(signature.role),
                "key": .string(signature.key),
                "signature": .string(Base64.encode(signature.bytes)),
            ]
        }
        let file: JSONValue = ["certificate": document, "signatures": .array(lines)]
        return file.bytes
    }

    /// Reads a file.
    ///
    /// - Parameter bytes: As ``encoded`` writes it, byte for byte.
    /// - Throws: ``BreachResponseError/notJSON(document:)``,
    ///   ``BreachResponseError/malformed(document:member:)`` also where the text is not the one
    ///   text of its content.
    public init(_ bytes: [UInt8]) throws(BreachResponseError) {
        guard let file = JSONValue(parsing: bytes) else { throw .notJSON(document: "certificate") }
        guard file.bytes == bytes, let document = file["certificate"],
            let lines = file["signatures"]?.array, file.object?.count == 2
        else { throw .malformed(document: "certificate", member: "certificate") }
        self.document = document
        signatures = []
        for line in lines {
            guard let principal = line["principal"]?.string.flatMap({ PrincipalID($0) }),
                let role = line["role"]?.string, let key = line["key"]?.string,
                let bytes = line["signature"]?.string.flatMap({ Base64.decode($0) }),
                line.object?.count == 4
            else { throw .malformed(document: "certificate", member: "signatures") }
            signatures.append(Signature(principal: principal, role: role, key: key, bytes: bytes))
        }
    }
}
