internal import Crypto
internal import FoundationEssentials

/// Seals a long text chunk by chunk to a custodian's public key.
///
/// HPKE in base mode with X-Wing, HKDF-SHA-256 and AES-256-GCM (RFC 9180); each chunk is one HPKE message
/// in order, and its associated data says whether it is the last, so that nothing can be cut off, moved or
/// added. A quantum computer of the future that breaks X25519 still faces ML-KEM-768.
public struct StreamSealer {
    /// Sent along in the clear: from it the custodian's key gets the stream's.
    public let encapsulated: [UInt8]
    private var sender: HPKE.Sender

    /// Begins a stream.
    ///
    /// - Parameters:
    ///   - recipient: Who can open it.
    ///   - context: What the stream is, bound and not stored in it.
    /// - Throws: ``SealingError/libraryUnavailable`` where the library refuses.
    public init(to recipient: CustodyPublicKey, context: [UInt8]) throws(SealingError) {
        guard
            let key = try? XWingMLKEM768X25519.PublicKey(rawRepresentation: recipient.bytes),
            let sender = try? HPKE.Sender(
                recipientKey: key,
                ciphersuite: StreamOpener.suite,
                info: Data(context)
            )
        else { throw .libraryUnavailable }
        self.sender = sender
        encapsulated = Array(sender.encapsulatedKey)
    }

    /// Seals the next chunk.
    ///
    /// - Parameters:
    ///   - chunk: Any bytes.
    ///   - isLast: Whether none follows.
    /// - Returns: 16 bytes more.
    /// - Throws: ``SealingError/libraryUnavailable``.
    public mutating func seal(_ chunk: [UInt8], isLast: Bool) throws(SealingError) -> [UInt8] {
        guard let sealed = try? sender.seal(chunk, authenticating: StreamOpener.mark(isLast))
        else { throw .libraryUnavailable }
        return Array(sealed)
    }
}

/// Opens what ``StreamSealer`` sealed.
public struct StreamOpener {
    internal static let suite = HPKE.Ciphersuite.XWingMLKEM768X25519_SHA256_AES_GCM_256
    private var recipient: HPKE.Recipient

    /// Begins a stream.
    ///
    /// - Parameters:
    ///   - key: The custodian's.
    ///   - encapsulated: As the sealer gave it.
    ///   - context: As the sealer had it.
    /// - Throws: ``SealingError/authenticationFailed``.
    public init(
        with key: CustodyPrivateKey,
        encapsulated: [UInt8],
        context: [UInt8]
    ) throws(SealingError) {
        guard let key = CustodyPrivateKey.libraryKey(key.seed),
            let recipient = try? HPKE.Recipient(
                privateKey: key,
                ciphersuite: Self.suite,
                info: Data(context),
                encapsulatedKey: Data(encapsulated)
            )
        else { throw .authenticationFailed }
        self.recipient = recipient
    }

    /// Opens the next chunk.
    ///
    /// - Parameters:
    ///   - sealed: As it was sealed.
    ///   - isLast: Whether none follows; said wrong, it does not open.
    /// - Returns: The chunk.
    /// - Throws: ``SealingError/authenticationFailed``.
    public mutating func open(_ sealed: [UInt8], isLast: Bool) throws(SealingError) -> [UInt8] {
        guard let chunk = try? recipient.open(sealed, authenticating: Self.mark(isLast)) else {
            throw .authenticationFailed
        }
        return Array(chunk)
    }

    internal static func mark(_ isLast: Bool) -> [UInt8] { [isLast ? 1 : 0] }
}
