internal import VaultCore

/// What the signatures of a note are worth to somebody who trusts certain keys.
public struct NoteVerdict: Sendable, Hashable {
    /// A signature that verified.
    public struct Verified: Sendable, Hashable {
        /// The key that made it.
        public let key: NoteVerifierKey
        /// POSIX seconds of a cosignature; `nil` for a plain signature.
        public let timestamp: UInt64?
    }

    /// By trusted keys, and right; each key once.
    public var verified: [Verified] = []
    /// By trusted keys, and wrong.
    public var invalid: [NoteVerifierKey] = []
    /// By trusted keys of an algorithm that this build cannot verify.
    public var unsupported: [NoteVerifierKey] = []
    /// Lines of keys that are not trusted here; they are ignored, as the specification demands.
    public var unknownCount = 0

    /// At least one trusted key signed, and no line of a trusted key is wrong.
    public var isAccepted: Bool { !verified.isEmpty && invalid.isEmpty }

    /// Whether this very key signed rightly.
    ///
    /// - Parameter key: A trusted key.
    /// - Returns: `true` where its signature verified.
    public func isVerified(by key: NoteVerifierKey) -> Bool {
        verified.contains { $0.key == key }
    }
}

extension SignedNote {
    /// Checks every line whose name and key id are those of a trusted key.
    ///
    /// - Parameter keys: The trusted keys.
    /// - Returns: What each line is worth.
    public func verify(_ keys: [NoteVerifierKey]) -> NoteVerdict {
        var verdict = NoteVerdict()
        for line in signatures {
            guard let key = keys.first(where: { $0.name == line.name && $0.keyID == line.keyID })
            else {
                verdict.unknownCount += 1
                continue
            }
            switch key.algorithm {
            case .mldsa44: verdict.unsupported.append(key)
            case .ed25519:
                if key.isValid(signature: line.signature, message: Array(text.utf8)) {
                    verdict.add(key, timestamp: nil)
                } else {
                    verdict.invalid.append(key)
                }
            case .cosignatureV1:
                if let timestamp = cosignatureTimestamp(line, key: key) {
                    verdict.add(key, timestamp: timestamp)
                } else {
                    verdict.invalid.append(key)
                }
            }
        }
        return verdict
    }

    /// Signs the text as a log does.
    ///
    /// - Parameter key: Of algorithm ``NoteAlgorithm/ed25519``.
    /// - Throws: ``MerkleLogError/unsupportedAlgorithm(_:)`` for a key of another algorithm.
    public mutating func sign(with key: NoteSigningKey) throws(MerkleLogError) {
        guard key.verifier.algorithm == .ed25519 else {
            throw .unsupportedAlgorithm(key.verifier.algorithm.rawValue)
        }
        add(
            NoteSignature(
                name: key.verifier.name,
                keyID: key.verifier.keyID,
                signature: try key.sign(Array(text.utf8))
            )
        )
    }

    /// Makes a witness's cosignature; the witness has checked consistency before.
    ///
    /// - Parameters:
    ///   - key: Of algorithm ``NoteAlgorithm/cosignatureV1``.
    ///   - timestamp: POSIX seconds, at most 2^63 - 1.
    /// - Returns: The line to add or to send back.
    /// - Throws: ``MerkleLogError/unsupportedAlgorithm(_:)``, ``MerkleLogError/outOfRange``.
    ///
    /// Source: c2sp.org/tlog-cosignature.
    public func cosignature(
        with key: NoteSigningKey,
        timestamp: UInt64
    ) throws(MerkleLogError) -> NoteSignature {
        guard key.verifier.algorithm == .cosignatureV1 else {
            throw .unsupportedAlgorithm(key.verifier.algorithm.rawValue)
        }
        guard timestamp <= UInt64(Int64.max) else { throw .outOfRange }
        var signature: [UInt8] = []
        signature.appendBigEndian(timestamp)
        signature += try key.sign(cosignedMessage(timestamp: timestamp))
        return NoteSignature(
            name: key.verifier.name,
            keyID: key.verifier.keyID,
            signature: signature
        )
    }

    private func cosignedMessage(timestamp: UInt64) -> [UInt8] {
        Array("cosignature/v1\ntime \(timestamp)\n\(text)".utf8)
    }

    private func cosignatureTimestamp(_ line: NoteSignature, key: NoteVerifierKey) -> UInt64? {
        guard line.signature.count == 72 else { return nil }
        let timestamp = line.signature.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard timestamp <= UInt64(Int64.max),
            key.isValid(
                signature: line.signature.dropFirst(8),
                message: cosignedMessage(timestamp: timestamp)
            )
        else { return nil }
        return timestamp
    }
}

extension NoteVerdict {
    fileprivate mutating func add(_ key: NoteVerifierKey, timestamp: UInt64?) {
        if !isVerified(by: key) { verified.append(Verified(key: key, timestamp: timestamp)) }
    }
}
