public import Consent
public import VaultCore

/// Somebody or something that may ask: a person, an organization or a program, with its public key.
public struct Principal: Sendable, Hashable {
    /// Id, unique in the vault.
    public let id: PrincipalID
    /// Name as shown to officers and, by policy, to patients.
    public let name: String
    /// What the consent rules see: kind, references, identifiers, organization, roles.
    public let requester: Requester
    /// Ed25519 public key, 32 bytes.
    public let publicKey: [UInt8]
    /// Whether it may still act.
    public internal(set) var isDisabled: Bool

    /// Describes a principal.
    ///
    /// - Parameters:
    ///   - id: Id, unique in the vault.
    ///   - name: Name as shown.
    ///   - requester: What the consent rules see.
    ///   - publicKey: Ed25519 public key, 32 bytes.
    public init(id: PrincipalID, name: String, requester: Requester, publicKey: [UInt8]) {
        self.id = id
        self.name = name
        self.requester = requester
        self.publicKey = publicKey
        isDisabled = false
    }
}
