public import Guard
public import VaultCore

/// A person who acts in a breach case with their own key at hand.
public protocol IncidentPerson {
    /// Who.
    var principal: PrincipalID { get }
    /// Ed25519 public key, 32 bytes.
    var publicKey: [UInt8] { get }

    /// Proves one request to the Guard.
    ///
    /// - Parameter body: The request.
    /// - Returns: A signed statement.
    /// - Throws: A ``Failure``.
    func caller(for body: JSONValue) throws -> Caller

    /// Signs a document.
    ///
    /// - Parameter message: Its bytes, with their domain in front.
    /// - Returns: 64 bytes.
    /// - Throws: A ``Failure``.
    func sign(_ message: [UInt8]) throws -> [UInt8]
}
