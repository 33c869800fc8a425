internal import VaultCore

/// Where a witness keeps the last checkpoint that it cosigned for each log.
public protocol WitnessStore {
    /// The last cosigned checkpoint of a log.
    ///
    /// - Parameter origin: The log's name.
    /// - Returns: A signed note, or `nil` where it never cosigned for this log.
    /// - Throws: Whatever the storage says; then nothing is cosigned.
    func newest(of origin: String) throws -> [UInt8]?

    /// Keeps a checkpoint in the place of the one before.
    ///
    /// - Parameters:
    ///   - note: A signed note.
    ///   - origin: The log's name.
    /// - Throws: Whatever the storage says. What this returned from survives power loss.
    mutating func keep(_ note: [UInt8], of origin: String) throws
}

/// Cosigns checkpoints of logs that it trusts to be themselves, each only as an extension of the last.
///
/// A pure core: time and storage are handed in. Requests must come one at a time.
///
/// Source: c2sp.org/tlog-witness and c2sp.org/tlog-cosignature.
public struct Witness: Sendable {
    /// What a request is answered with.
    public enum Reply: Sendable, Hashable {
        /// The cosignature line; status 200.
        case cosigned(String)
        /// The witness knows another size than the request's, namely this; status 409.
        case knows(size: UInt64)
        /// Nothing is cosigned.
        case refused(Refusal)
    }

    /// Why nothing is cosigned.
    public enum Refusal: String, Sendable, Hashable, CaseIterable {
        /// The request is not in its form, or its sizes contradict each other.
        case malformed
        /// No log of this name is trusted here.
        case unknownLog
        /// The log's key did not sign.
        case notSigned
        /// The same size with another root: the log shows two faces.
        case forked
        /// The new checkpoint is not proved to extend the known one.
        case notConsistent
        /// What it cosigned could not be kept, so it was not cosigned.
        case notKept

        /// The HTTP status of the specification.
        public var status: Int {
            switch self {
            case .malformed: 400
            case .unknownLog: 404
            case .notSigned: 403
            case .forked: 409
            case .notConsistent: 422
            case .notKept: 500
            }
        }
    }

    private let key: NoteSigningKey
    private let logs: [NoteVerifierKey]

    /// Makes a witness.
    ///
    /// - Parameters:
    ///   - key: Of algorithm ``NoteAlgorithm/cosignatureV1``.
    ///   - logs: Keys of the logs whose checkpoints it cosigns; a log may have several.
    /// - Throws: ``MerkleLogError/unsupportedAlgorithm(_:)`` for a key that cannot cosign.
    public init(key: NoteSigningKey, logs: [NoteVerifierKey]) throws(MerkleLogError) {
        guard key.verifier.algorithm == .cosignatureV1 else {
            throw .unsupportedAlgorithm(key.verifier.algorithm.rawValue)
        }
        self.key = key
        self.logs = logs
    }

    /// The key that others trust.
    public var verifier: NoteVerifierKey { key.verifier }

    /// Answers one request; a cosignature only after the checkpoint is kept.
    ///
    /// - Parameters:
    ///   - body: As received.
    ///   - timestamp: POSIX seconds.
    ///   - store: Where the last cosigned checkpoints are.
    /// - Returns: What to answer.
    public func answer(
        _ body: [UInt8],
        timestamp: UInt64,
        store: inout some WitnessStore
    ) -> Reply {
        guard let request = try? AddCheckpoint(parsing: body),
            let new = try? Checkpoint(text: request.checkpoint.text)
        else { return .refused(.malformed) }
        let keys = logs.filter { $0.name == new.origin }
        guard !keys.isEmpty else { return .refused(.unknownLog) }
        guard request.checkpoint.verify(keys).isAccepted else { return .refused(.notSigned) }
        guard request.oldSize <= new.size, request.oldSize > 0 || request.path.isEmpty else {
            return .refused(.malformed)
        }
        let known: Checkpoint?
        do {
            known = try store.newest(of: new.origin).map {
                try Checkpoint(text: SignedNote(parsing: $0).text)
            }
        } catch { return .refused(.notKept) }
        guard request.oldSize == known?.size ?? 0 else { return .knows(size: known?.size ?? 0) }
        if let refusal = refusal(request, new, known) { return .refused(refusal) }
        do {
            let line = try request.checkpoint.cosignature(with: key, timestamp: timestamp)
            // CRASH: between keeping and answering the log asks again with the old size, and is told the new.
            try store.keep(request.checkpoint.bytes, of: new.origin)
            return .cosigned(line.line)
        } catch { return .refused(.notKept) }
    }

    private func refusal(
        _ request: AddCheckpoint,
        _ new: Checkpoint,
        _ known: Checkpoint?
    ) -> Refusal? {
        guard let known, known.size > 0 else {
            return new.size == 0 && new.root != TreeHasher.emptyRoot ? .notConsistent : nil
        }
        if known.size == new.size {
            guard request.path.isEmpty else { return .notConsistent }
            return known.root == new.root ? nil : .forked
        }
        let proof = ConsistencyProof(oldSize: known.size, newSize: new.size, path: request.path)
        return proof.isValid(oldRoot: known.root, newRoot: new.root) ? nil : .notConsistent
    }
}
