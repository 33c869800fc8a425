public import VaultCore

/// Who calls the Guard, with the proof of it.
public enum Caller: Sendable, Hashable {
    /// Whoever unsealed this in-process Guard with the passphrase; never over a socket.
    case `operator`
    /// A principal that signed this very request.
    case signed(SignedStatement)
    /// A session that a signed statement opened.
    case session(SessionID)
    /// An access token that this Guard signed.
    case token(String)
    /// A record server that does a subscription's work, by the key that the Guard gave it for that.
    case subscription(FHIRID, key: [UInt8])
}

/// What a principal signs: one request, for one vault, at one time, once.
public struct SignedStatement: Sendable, Hashable {
    /// Who signs.
    public let principal: PrincipalID
    /// When, by the signer's clock; accepted within five minutes of the Guard's.
    public let time: Instant
    /// 16 random bytes; a statement counts once.
    public let nonce: [UInt8]
    /// Ed25519 over ``message(vault:principal:time:nonce:body:)``, 64 bytes.
    public let signature: [UInt8]

    /// Collects a statement's parts.
    ///
    /// - Parameters:
    ///   - principal: Who signs.
    ///   - time: When.
    ///   - nonce: 16 random bytes.
    ///   - signature: 64 bytes.
    public init(principal: PrincipalID, time: Instant, nonce: [UInt8], signature: [UInt8]) {
        self.principal = principal
        self.time = time
        self.nonce = nonce
        self.signature = signature
    }

    /// The bytes that are signed.
    ///
    /// - Parameters:
    ///   - vault: So that a statement for one vault is worth nothing at another.
    ///   - principal: Who signs.
    ///   - time: When.
    ///   - nonce: 16 random bytes.
    ///   - body: The request itself in its one text.
    /// - Returns: A domain-separated, unambiguous message.
    public static func message(
        vault: VaultID,
        principal: PrincipalID,
        time: Instant,
        nonce: [UInt8],
        body: JSONValue
    ) -> [UInt8] {
        let statement: JSONValue = [
            "vault": .string(vault.description), "principal": .string(principal.text),
            "time": .int(time.microseconds), "nonce": .string(Hex.encode(nonce)), "request": body,
        ]
        return Array("patientvault/v1/request\n".utf8) + statement.bytes
    }
}

/// Where a call came from, as far as it is known; unknown is logged as unknown.
public struct CallContext: Sendable, Hashable {
    /// Whether a person waits for the answer.
    public enum Automation: String, Sendable, Hashable {
        /// A person.
        case human
        /// A program on its own.
        case machine
        /// Not known.
        case unknown
    }

    /// Network address or `local`.
    public var sourceAddress: String?
    /// The device's name or id.
    public var device: String?
    /// The client program.
    public var client: String?
    /// The record server that will open the records.
    public var recordServer: String?
    /// Person or program.
    public var automation: Automation

    /// Describes a call's origin.
    ///
    /// - Parameters:
    ///   - sourceAddress: Network address or `local`.
    ///   - device: The device's name or id.
    ///   - client: The client program.
    ///   - recordServer: The record server.
    ///   - automation: Person or program.
    public init(
        sourceAddress: String? = nil,
        device: String? = nil,
        client: String? = nil,
        recordServer: String? = nil,
        automation: Automation = .unknown
    ) {
        self.sourceAddress = sourceAddress
        self.device = device
        self.client = client
        self.recordServer = recordServer
        self.automation = automation
    }
}
