internal import MerkleLog
internal import VaultCore

/// Recomputes the log's tree and compares it with the stored hashes and the checkpoints, batch by batch.
struct TreeCheck: Sendable {
    private(set) var problems: [AuditProblem] = []
    private var verifier: LogVerifier
    private var nodes: [PlacedHash] = []
    /// Entries so far.
    private(set) var size: UInt64 = 0

    /// Starts at an empty log or takes up an earlier pass.
    init(
        tree: CompactRange = CompactRange(),
        lastTime: Instant? = nil,
        checkpoints: [Checkpoint]
    ) {
        verifier = LogVerifier(tree: tree, lastTime: lastTime, checkpoints: checkpoints)
        size = tree.size
    }

    /// The tree so far, as it was computed.
    var tree: CompactRange { verifier.tree }
    /// Time of the last entry.
    var lastTime: Instant? { verifier.lastTime }

    /// Takes the next entry.
    ///
    /// - Parameters:
    ///   - index: As the storage numbers it.
    ///   - measured: Time and leaf hash; `nil` where it is malformed.
    mutating func add(_ index: UInt64, _ measured: (time: Instant, leaf: MerkleHash)?) {
        if index != size { problem("entry \(size) is missing") }
        size = index + 1
        verifier.add(measured) { nodes.append($0) }
    }

    /// Compares what the batch's entries complete with what is stored.
    mutating func compare(_ batch: EntryBatch, _ storage: any GuardStorage) throws {
        defer { nodes.removeAll(keepingCapacity: true) }
        if let stored = batch.hashes, stored.count == nodes.count,
            zip(stored, nodes).allSatisfy({ $0 == $1.hash })
        {
            return
        }
        for node in nodes where try storage.node(at: node.position) != node.hash {
            problem(
                "stored hash \(node.position.index) of level \(node.position.level) differs"
            )
        }
    }

    /// Hashes the entries up to `end`, and compares what they complete.
    mutating func run(to end: UInt64 = .max >> 1, of storage: any GuardStorage) throws {
        while let batch = try EntryBatch.read(from: size, to: end, of: storage) {
            for place in 0..<batch.count {
                add(
                    batch.indices[place],
                    batch.withEntry(place) { EntryCodec.measured($0) }
                        .map { ($0.frame.time, $0.leaf) }
                )
            }
            try compare(batch, storage)
        }
    }

    /// Leaves a pass that goes on later: what was found until here is a problem now.
    mutating func pause() {
        for found in verifier.problems { problem(found.text) }
    }

    /// Ends the pass.
    ///
    /// - Parameter expected: How many entries the log has.
    mutating func finish(expected: UInt64) {
        verifier.finish()
        pause()
        if size != expected { problem("the log moved while it was read") }
    }

    private mutating func problem(_ detail: String) {
        guard problems.count < 1_000 else { return }
        problems.append(AuditProblem(kind: "log", detail: detail))
    }
}

extension StateAudit {
    /// Hashes every entry and stored node, and compares the kept checkpoint.
    mutating func checkTree(extending outside: [UInt8]?) throws {
        var check = TreeCheck(checkpoints: try checkpoints(extending: outside))
        try check.run(of: try state.storage)
        take(&check)
    }

    /// Compares the hashes of some entries; whether the log's end was reached.
    mutating func checkTree(
        _ progress: inout VerificationProgress,
        step: UInt64
    ) throws -> Bool {
        let storage = try state.storage
        let hashes = StoredHashes(storage: storage)
        var check = TreeCheck(
            tree: try CompactRange(size: progress.entries, reader: hashes),
            lastTime: progress.lastTime,
            checkpoints: try checkpoints(extending: nil)
        )
        let size = state.frontier.size
        let end = min(size, progress.entries + max(1, step))
        // Entries behind the end that the state knows are found too.
        try check.run(to: end == size ? .max >> 1 : end, of: storage)
        if end == size {
            take(&check)
        } else {
            check.pause()
            for found in check.problems { problem(found.kind, found.detail) }
        }
        progress.entries = check.tree.size
        progress.treeRoot = check.tree.root
        progress.lastTime = check.lastTime
        return end == size
    }

    /// Ends a check and takes over what it found.
    mutating func take(_ check: inout TreeCheck) {
        check.finish(expected: state.frontier.size)
        for found in check.problems { problem(found.kind, found.detail) }
        result.entries = check.size
    }

    /// The kept checkpoint and one from outside, as far as they are this log's, and as far as their last
    /// entries are not among those that the log's name tells are lost.
    mutating func checkpoints(extending outside: [UInt8]?) throws -> [Checkpoint] {
        var checkpoints: [Checkpoint] = []
        let kept = try state.storage.lastCheckpoint()
        for (name, bytes) in [("kept", kept.map { Array($0.utf8) }), ("given", outside)] {
            guard let bytes else { continue }
            guard let note = try? SignedNote(parsing: bytes),
                let checkpoint = try? state.verified(note, key: key)
            else {
                problem("checkpoint", "the \(name) checkpoint is not this log's, or was altered")
                continue
            }
            if case .lost(let tail) = try state.standing(checkpoint) {
                result.notes.append(
                    "the \(name) checkpoint covers \(checkpoint.size) entries, of which only the first "
                        + "\(tail.present) are left, as the log's name says"
                )
                continue
            }
            checkpoints.append(checkpoint)
        }
        return checkpoints
    }
}

extension LogProblem {
    /// The problem in words.
    fileprivate var text: String {
        switch self {
        case .malformedEntry(let index): "entry \(index) is malformed"
        case .timeRunsBackwards(let index): "entry \(index) is older than the one before it"
        case .rootDiffers(let size): "the first \(size) entries are not those of the checkpoint"
        case .shorterThanCheckpoint(let size, let found):
            "a checkpoint covers \(size) entries, the log has \(found)"
        }
    }
}
